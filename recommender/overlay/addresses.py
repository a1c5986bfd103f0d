"""Where a site gets images, packages and models from, in the platforms of the knowledge."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import field
from typing import Any, TypeAlias

from recommender.facts.noun import noun

Row: TypeAlias = Mapping[str, Any]
_HUB = "docker.io"
EVERYWHERE = "everywhere"
"""The key of what is said of every platform."""
# uv would ask PyTorch's own index for what it names, whatever the index of the packages is.
_OTHER_INDEX = re.compile(r"(?:^|\s)--torch-backend=auto(?=\s|$)")


@noun
class Addresses:
    """Addresses of a site in place of public ones.

    ``images`` and ``versions`` are by ``framework/platform``; ``registries`` and ``replaced`` map
    the beginning of a name of an image, or of a word of a command, to the site's. ``packages`` is
    an index of Python packages, ``models`` an address for HF_ENDPOINT, ``modelscope`` one for
    MODELSCOPE_DOMAIN. ``notices`` are what is said of a platform that they change, by what it is,
    ``own_names`` the repositories that stand for a public one, without tags.
    """

    images: Mapping[str, str] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    registries: Mapping[str, str] = field(default_factory=dict)
    replaced: Mapping[str, str] = field(default_factory=dict)
    packages: str | None = None
    models: str | None = None
    modelscope: str | None = None
    notices: Mapping[str, Row] = field(default_factory=dict)
    own_names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def image(self, name: str) -> str:
        """The name of an image as the registry of the site has it."""
        first, slash, _ = name.partition("/")
        hosted = slash and ("." in first or ":" in first or first == "localhost")
        # The hub of Docker keeps images without a user in "library".
        whole = name if hosted else f"{_HUB}/{name if slash else f'library/{name}'}"
        for registry in sorted(self.registries, key=len, reverse=True):
            if whole.startswith(f"{registry}/"):
                return f"{self.registries[registry]}{whole.removeprefix(registry)}"
        return name

    def platform(self, key: str, body: Row, *, own_library: bool) -> Row:
        """A platform with the site's addresses in its commands; ``key`` is framework/platform.

        ``own_library`` says that its server pulls models from a library of its own.
        """
        pinned = _pinned(body, self.versions[key]) if key in self.versions else body
        methods = {name: self._method(key, row) for name, row in pinned["methods"].items()}
        notices = [*self._notices(key), *pinned.get("notices", ())]
        whole = {**pinned, "methods": methods, "notices": notices}
        arguments = [self._step(step) for step in pinned.get("arguments", ())]
        steps = [*pinned.get("environment", ()), *(() if own_library else self._hubs())]
        return {**whole, "arguments": arguments, "environment": steps}

    def _method(self, key: str, method: Row) -> Row:
        made: dict[str, Any] = dict(method)
        if method.get("image"):
            made["image"] = self.images.get(key) or self.image(method["image"])
        if method.get("image") and f"image {key}" in self.notices:
            made["notices"] = [self.notices[f"image {key}"], *method.get("notices", ())]
        for part in ("install", "prepare", "serve", "check"):
            if part in method:
                made[part] = [self._line(line) for line in method[part]]
        return made

    def _line(self, line: Row) -> Row:
        if "raw" in line:
            return {**line, "raw": self._words(line["raw"])}
        steps = [self._step(step) for step in line.get("steps", ())]
        env = self._variables(" ".join(step.get("args", "") for step in steps))
        if not env or not steps:
            return {**line, "steps": steps}
        first = {**steps[0], "env": {**steps[0].get("env", {}), **env}}
        if "when" in first:
            first = {"env": env}
            return {**line, "steps": [first, *map(self._indexed, steps)]}
        return {**line, "steps": [self._indexed(first), *map(self._indexed, steps[1:])]}

    def _variables(self, text: str) -> dict[str, str]:
        """The variables by which the programs of a line find the site's addresses."""
        words = text.split()
        program = words[0].rpartition("/")[2] if words else ""
        if self.packages and "pip" in text and "install" in words and program != "docker":
            return {"UV_DEFAULT_INDEX" if program == "uv" else "PIP_INDEX_URL": self.packages}
        if self.models and program == "hf":
            return {"HF_ENDPOINT": self.models}
        if self.modelscope and program == "modelscope":
            return {"MODELSCOPE_DOMAIN": self.modelscope}
        return {}

    def _indexed(self, step: Row) -> Row:
        if not self.packages or "args" not in step:
            return step
        return {**step, "args": _OTHER_INDEX.sub("", step["args"])}

    def _step(self, step: Row) -> Row:
        return {**step, "args": self._words(step["args"])} if "args" in step else step

    def _words(self, text: str) -> str:
        for public, own in self.replaced.items():
            text = re.sub(rf"(?<![\w/.]){re.escape(public)}", lambda _, own=own: own, text)  # type: ignore[misc]
        return text

    def _hubs(self) -> Iterator[Row]:
        own = {"HF_ENDPOINT": self.models, "MODELSCOPE_DOMAIN": self.modelscope}
        given = {name: address for name, address in own.items() if address}
        if given:
            yield {"when": {"workload.offline": {"not": True}}, "env": given}

    def _notices(self, key: str) -> Iterator[Row]:
        for name in (f"version {key}", EVERYWHERE):
            if name in self.notices:
                yield self.notices[name]


def tagged(image: str, version: str) -> re.Match[str] | None:
    """Where the tag of an image names a version."""
    return re.search(rf"(?<=[:v-]){re.escape(version)}(?![\w.]*\w)(?=[-+]|$)", image)


def _pinned(body: Row, version: str) -> Row:
    """The platform in a version of the site; a way that does not name its version keeps it."""
    known = str(body["version"])
    methods = {}
    for name, method in body["methods"].items():
        image = method.get("image")
        if image and tagged(image, known):
            image = re.sub(re.escape(known), lambda _: version, image)
            methods[name] = {**method, "image": image}
        else:
            own = {} if "version" in method or not image else {"version": known}
            methods[name] = {**method, **own}
    return {**body, "version": version, "methods": methods}
