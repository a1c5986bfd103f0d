"""Images, versions, mirrors: where a site gets things from, and in which version."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from recommender.errors import nearest, printable
from recommender.facts.answer import SITE
from recommender.facts.noun import noun
from recommender.launch.image import is_reference
from recommender.launch.pinning import form
from recommender.overlay.addresses import EVERYWHERE, Addresses, tagged
from recommender.site.checks import Findings
from recommender.site.tree import Node

MIRRORS = ("images", "packages", "models", "modelscope", "addresses")
_URL = re.compile(r"https?://[\w.-]+(?::\d{1,5})?(?:/[\w.~%+/-]*)?", re.ASCII)
_DOMAIN = re.compile(r"(?:https?://)?[\w.-]+(?::\d{1,5})?/?", re.ASCII)
# A registry, and a path in it.
_REGISTRY = re.compile(r"[\w.-]+(?::\d{1,5})?(?:/[a-z0-9][a-z0-9._/-]*[a-z0-9])?/?", re.ASCII)
_LIKE_REGISTRY, _LIKE_URL = "registry.example/mirror", "https://mirror.example/path"


@noun
class Catalogue:
    """The platforms that are known: ``platforms`` gives their bodies by ``framework/platform``."""

    platforms: Mapping[str, Mapping[str, Any]]
    words: Mapping[str, Mapping[str, str]]


class Places:
    """Reads the addresses of a site."""

    def __init__(self, known: Catalogue, findings: Findings) -> None:
        """``known`` is what there is to change; mistakes go to ``findings``."""
        self._known, self._findings = known, findings
        self._notices: dict[str, Mapping[str, Any]] = {}

    def read(self, given: Mapping[str, Mapping[str, Node]]) -> Addresses | None:
        """The addresses, None where there are none."""
        if not any(given.values()):
            return None
        mirrors = self._mirrors(given["mirrors"])
        if given["mirrors"]:
            first = min(given["mirrors"].values(), key=lambda node: (node.file, node.line))
            self._say(EVERYWHERE, "site.mirrors", first)
        images = dict(self._images(given["images"]))
        versions = dict(self._versions(given["versions"]))
        return Addresses(
            **mirrors,
            images=images,
            versions=versions,
            notices=self._notices,
            own_names=self._own_names(images),
        )

    def _images(self, given: Mapping[str, Node]) -> Iterator[tuple[str, str]]:
        for name, node in given.items():
            image = self._findings.text(node)
            key = self._platform(name, node)
            if image is None or key is None:
                continue
            if not is_reference(image):
                self._findings.add(node, f"'{printable(image)}' is no name of a container image")
            elif not (known := self._image_of(key)):
                self._findings.add(node, f"{key} is never started from an image")
            else:
                self._say(f"image {key}", "site.image", node, known=known)
                yield key, image

    def _image_of(self, key: str) -> str | None:
        methods = self._known.platforms[key]["methods"].values()
        return next((method["image"] for method in methods if method.get("image")), None)

    def _platform(self, name: str, node: Node) -> str | None:
        """The key of a platform; a framework with one such platform needs no more than its name."""
        if name in self._known.platforms:
            return name
        own = [key for key in self._known.platforms if key.startswith(f"{name}/")]
        with_image = [key for key in own if self._image_of(key)]
        if len(with_image) == 1:
            return with_image[0]
        if own:
            self._findings.add(node, f"name the platform, too: {', '.join(with_image or own)}")
        else:
            self._unknown(name, node)
        return None

    def _unknown(self, name: str, node: Node) -> None:
        names = dict.fromkeys(part for key in self._known.platforms for part in (key, _of(key)))
        hint = nearest(name, names) or f"; known are {', '.join(dict.fromkeys(map(_of, names)))}"
        self._findings.add(node, f"there is no platform '{printable(name)}'{hint}")

    def _versions(self, given: Mapping[str, Node]) -> Iterator[tuple[str, str]]:
        for name, node in given.items():
            version = self._findings.text(node)
            keys = self._platforms(name)
            named = [key for key in keys if _names_version(self._known.platforms[key])]
            if not keys:
                self._unknown(name, node)
            elif not named:
                self._findings.add(node, f"no command of {printable(name)} names a version")
            for key in named if version else ():
                known = str(self._known.platforms[key]["version"])
                pinned = form(str(version), known)
                if pinned is None:
                    what = f"'{printable(version)}' is no version like {known}"
                    self._findings.add(node, what)
                elif pinned != known:
                    self._say(f"version {key}", "site.version", node, version=pinned, known=known)
                    yield key, pinned

    def _platforms(self, name: str) -> list[str]:
        """Of a framework those platforms that have the version of its first one."""
        if name in self._known.platforms:
            return [name]
        own = [key for key in self._known.platforms if key.startswith(f"{name}/")]
        versions = {key: self._known.platforms[key]["version"] for key in own}
        return [key for key in own if versions[key] == versions[own[0]]]

    def _mirrors(self, given: Mapping[str, Node]) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for key, node in given.items():
            if key == "images":
                made["registries"] = dict(self._pairs(node, _REGISTRY.fullmatch, _LIKE_REGISTRY))
            elif key == "addresses":
                made["replaced"] = dict(self._pairs(node, _URL.fullmatch, _LIKE_URL))
            else:
                fits = _DOMAIN.fullmatch if key == "modelscope" else _URL.fullmatch
                made[key] = self._address(node, fits, _LIKE_URL)
        return made

    def _pairs(
        self, node: Node, fits: Callable[[str], object], like: str
    ) -> Iterator[tuple[str, str]]:
        if not isinstance(node.value, dict):
            self._findings.add(node, "keys with texts are expected here")
            return
        for public, own in node.value.items():
            address = self._address(own, fits, like)
            if not fits(public):
                self._findings.add(own, f"'{printable(public)}' is not written like {like}")
            elif address is not None:
                yield public.rstrip("/"), address.rstrip("/")

    def _address(self, node: Node, fits: Callable[[str], object], like: str) -> str | None:
        text = self._findings.text(node)
        if text is None or fits(text):
            return text
        self._findings.add(node, f"'{printable(text)}' is not written like {like}")
        return None

    def _own_names(self, images: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
        found: dict[str, tuple[str, ...]] = {}
        for key, image in images.items():
            known = repository(str(self._image_of(key)))
            found[known] = (*found.get(known, ()), repository(image))
        return found

    def _say(self, name: str, key: str, node: Node, **values: str) -> None:
        """Keep what is said of a platform that is changed."""
        told = {
            lang: _filled(text, {"source": node.place, **values})
            for lang, text in self._known.words[key].items()
        }
        row = {"rule": key, "layer": SITE, "when": {}, "text": told}
        self._notices[name] = {**row, "source": node.place, "checked": None}


def repository(image: str) -> str:
    """The name of an image without its tag and digest."""
    name = image.partition("@")[0]
    return name[: name.rfind(":")] if ":" in name.rpartition("/")[2] else name


def _of(key: str) -> str:
    return key.partition("/")[0]


def _filled(text: str, values: Mapping[str, str]) -> str:
    for name, value in values.items():
        text = text.replace(f"{{{name}}}", value)
    return text


def _names_version(body: Mapping[str, Any]) -> bool:
    """Whether a way to install follows the version of the platform."""
    known = str(body["version"])
    return any(
        bool(tagged(method["image"], known)) if method.get("image") else _follows(method)
        for method in body["methods"].values()
    )


def _follows(method: Mapping[str, Any]) -> bool:
    return "version" not in method and "{version}" in str(method.get("install", ""))
