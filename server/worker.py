"""Makes the application of one worker, which uvicorn calls by its name."""

import gc
import os

from starlette.types import ASGIApp


def from_environment() -> ASGIApp:
    """
    Make the application from the environment.

    Next to nothing of what is imported and made for it is garbage, and the collector would look through all of it
    again and again: it rests until the application has started, which wakes it.
    """
    gc.disable()
    # Here, and not before the collector rests, because nearly all that is to come is imported with it.
    from server import app, logs, settings

    logs.configure()
    return app.create(settings.read(os.environ))
