"""Names of images as programs want them."""


def enroot(image: str) -> str:
    """An image as enroot wants it: ``#`` after the registry."""
    registry, slash, rest = image.partition("/")
    if slash and ("." in registry or ":" in registry or registry == "localhost"):
        return f"{registry}#{rest}"
    return image
