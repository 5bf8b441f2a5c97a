"""Saves each shot's picture: `pip install paho-mqtt`, `subscriber.py HOST CAMERA FOLDER [PORT]`."""
import json
import sys
from pathlib import Path
import paho.mqtt.client as mqtt
host, camera, folder, *port = sys.argv[1:]
root, seen = f"printability/{camera}", set()
def on_connect(client, userdata, flags, reason, properties):
    client.subscribe([(f"{root}/shot", 1), (f"{root}/shot/image", 1)])
def on_message(client, userdata, message):
    if message.topic.endswith("/image"):  # it comes just before its shot
        userdata["jpeg"] = message.payload
    elif (shot := json.loads(message.payload))["id"] not in seen:  # delivered at least once
        seen.add(shot["id"])
        (Path(folder) / Path(shot["file"]).name).write_bytes(userdata.pop("jpeg", b""))
        print(f"{shot['file']}: score {10 * shot['rating']['score']:.1f}", flush=True)
client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, userdata={})
client.on_connect, client.on_message = on_connect, on_message
client.connect(host, int(port[0]) if port else 1883)
client.loop_forever()
