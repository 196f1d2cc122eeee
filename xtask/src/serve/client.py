"""Prints all values, twice: after a 200 and a 304, and once more when a line comes from standard input."""

import json
import logging
import sys

import configcatclient
from configcatclient import ConfigCatOptions, PollingMode
from configcatclient.user import User

# The users of the sample lack attributes on purpose, which is a warning for each.
logging.getLogger("configcat").setLevel(logging.ERROR)
base_url, sdk_key = sys.argv[1:]
client = configcatclient.get(sdk_key, ConfigCatOptions(base_url=base_url, polling_mode=PollingMode.manual_poll()))
user = User("12345", email="jane@example.com", country="HU")


def refresh_and_print():
    client.force_refresh()
    print(json.dumps(client.get_all_values(user)), flush=True)


refresh_and_print()
refresh_and_print()
sys.stdin.readline()
refresh_and_print()
client.close()
