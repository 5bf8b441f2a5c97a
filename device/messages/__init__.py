"""The JSON that leaves the appliance, the same on the command line, MQTT, the page and in photos."""
