"""The shipped `config.yaml` is the schema, written out."""

from pathlib import Path

from device.config.appliance import ApplianceConfig
from device.config.documentation import default_config_text

ROOT = Path(__file__).resolve().parents[2]


def test_the_shipped_file_is_what_the_schema_says():
    """Mend with: python -m device.config > config.yaml."""
    assert (ROOT / "config.yaml").read_text(encoding="utf-8") == default_config_text()


def test_every_key_has_a_description():
    def undocumented(model, prefix=""):
        for name, field in model.model_fields.items():
            if not field.description:
                yield prefix + name
            if hasattr(field.annotation, "model_fields"):
                yield from undocumented(field.annotation, f"{prefix}{name}.")

    assert list(undocumented(ApplianceConfig)) == []
