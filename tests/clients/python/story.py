"""What a script does, with a client that is generated from the contract."""

import sys

from lede_client import AuthenticatedClient, Client
from lede_client.api.accounts import create_session, get_me
from lede_client.api.topics import create_topic, get_topic, list_topics
from lede_client.models import CreateSession, CreateTopic, Problem

base_url, email, password = sys.argv[1:]

reader = Client(base_url=base_url)
session = create_session.sync(client=reader, body=CreateSession(email=email, password=password))
assert not isinstance(session, Problem) and session is not None, session

editor = AuthenticatedClient(base_url=base_url, token=session.access_token)
me = get_me.sync(client=editor)
assert me is not None and me.email == email, me

made = create_topic.sync_detailed(client=editor, body=CreateTopic(name="Winds", slug="winds"))
assert made.status_code == 201, made

topic = get_topic.sync("winds", client=reader)
assert topic is not None and topic.name == "Winds", topic

page = list_topics.sync(client=reader, limit=10)
assert page is not None and "winds" in [item.slug for item in page.items], page

refused = get_topic.sync("nothing", client=reader)
assert isinstance(refused, Problem) and refused.code == "not-found", refused
print("the Python client tells the story")
