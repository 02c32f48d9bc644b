"""Sending a webhook: one request to a checked address, answered by a 2xx or it has failed."""

from translate.webhooks import Message
from workers.fetch import FetchError, Outside

SUCCESS = range(200, 300)


def send(outside: Outside, message: Message) -> str | None:
    """Post a message; return None where the receiver took it, else why not."""
    try:
        answer = outside.request("POST", message.url, headers=message.headers, content=message.body)
    except FetchError as error:
        return str(error)
    if answer.status not in SUCCESS:
        return f"the receiver answered {answer.status}"
    return None
