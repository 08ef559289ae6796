"""Addresses of static files. Each carries its version, so browsers may keep the file for good."""

import hashlib
import json
from functools import lru_cache
from pathlib import Path

from litestar import Router
from litestar.datastructures import CacheControlHeader
from litestar.static_files import create_static_files_router

from kernel.permissions import anyone
from kernel.settings import Settings
from yiti.accounts.middleware import NO_SESSION

PORTALS = Path(__file__).resolve().parent.parent
VENDORS = {
    "tabler": "@tabler/core/dist",
    "icons": "@tabler/icons-webfont/dist",
    "htmx": "htmx.org/dist",
    "signature_pad": "signature_pad/dist",
    "echarts": "echarts/dist",
    "font": "@fontsource-variable/noto-sans-sc",
}
"""The folders of npm packages that are served, and nothing beside them."""
_FOREVER = CacheControlHeader(public=True, max_age=31_536_000, immutable=True)


class Assets:
    """Knows where the files are and which version each has."""

    def __init__(self, settings: Settings) -> None:
        self.root = settings.assets_dir
        self.url = lru_cache(maxsize=256)(self._url)

    def missing(self) -> list[str]:
        """Folders of npm packages that are not installed."""
        return [folder for folder in VENDORS.values() if not (self.root / folder).is_dir()]

    def routers(self) -> list[Router]:
        """The routes that serve the files."""
        vendors = [_serve(f"/static/vendor/{name}", self.root / folder) for name, folder in VENDORS.items()]
        own = [_serve(f"/static/{folder.parent.name}", folder) for folder in sorted(PORTALS.glob("*/static"))]
        return vendors + own

    def _url(self, name: str) -> str:
        """`vendor/htmx/htmx.min.js` or `shell/yiti.css` → its address."""
        if name.startswith("vendor/"):
            return f"/static/{name}?v={self._vendor_version(name.split('/')[1])}"
        folder, _, rest = name.partition("/")
        digest = hashlib.sha256((PORTALS / folder / "static" / rest).read_bytes()).hexdigest()
        return f"/static/{name}?v={digest[:10]}"

    def _vendor_version(self, vendor: str) -> str:
        manifest = self.root / VENDORS[vendor].removesuffix("/dist") / "package.json"
        return str(json.loads(manifest.read_text())["version"]) if manifest.is_file() else "missing"


def _serve(path: str, folder: Path) -> Router:
    return create_static_files_router(
        path=path,
        directories=[folder],
        name=path.removeprefix("/").replace("/", "."),
        guards=[anyone],
        cache_control=_FOREVER,
        opt={NO_SESSION: True},
    )
