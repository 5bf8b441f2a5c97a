"""The configuration: one small model per part, and the loading of `config.yaml`."""
