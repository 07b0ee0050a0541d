"""The outermost layer: HTTP application, settings, command line and the embedded database."""
