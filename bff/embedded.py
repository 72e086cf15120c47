"""The core and every channel in one process, as `onthaal up` runs them: the only file that may import the core."""

from backend import settings as core_settings
from backend.app import Platform, create_litestar
from backend.kit import logs
from backend.kit.boundary import Boundary
from backend.kit.metrics import observe
from bff import settings as configuration
from bff.app import Mounted, create_channels
from bff.core.transport import InProcess


def mount(platform: Platform, settings: configuration.Settings) -> Mounted:
    """The core on this platform with the channels before it."""
    core = create_litestar(platform)
    edge = Boundary(core, observe=observe)
    return Mounted(create_channels(settings, lambda: InProcess(edge, settings.core_seconds)), (core, edge))


def create_app() -> Mounted:
    """ASGI factory of `onthaal serve --channels`; configuration from the environment.

    Raises:
        SettingsInvalid: the configuration is not safe or not complete.
    """
    settings = core_settings.load()
    core_settings.check_production(settings)
    channels = configuration.load()
    configuration.check_production(channels)
    logs.configure(settings.log_level)
    return mount(Platform(settings), channels)
