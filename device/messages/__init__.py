"""The JSON that leaves the appliance: the same on MQTT, the page, the terminal and in photos."""
