"""Makes a document store with one account in it, without ever listening: document-account.py FOLDER ACCOUNT.

The password comes from HAIJU_DOCUMENT_PASSWORD. The server's own way, one start without authentication, would leave a
moment in which any user of the machine could make an account too.
"""

import os
import sys

from secantus.auth import SCRAM_SHA_256, derive_credentials
from secantus.storage import Storage


def main() -> None:
    folder, account = sys.argv[1:]
    password = os.environ["HAIJU_DOCUMENT_PASSWORD"]
    # Rights on its own database only: data, and indexes and validators for migrations.
    roles = [{"role": role, "db": account} for role in ("readWrite", "dbAdmin")]
    credentials = derive_credentials(password, mechanism=SCRAM_SHA_256, username=account)
    record = {
        "_id": f"{account}.{account}",
        "user": account,
        "db": account,
        "credentials": credentials.to_doc(),
        "roles": roles,
        "mechanisms": [SCRAM_SHA_256],
    }
    storage = Storage(folder)
    try:
        storage.add_user(account, account, record, replace=True)
    finally:
        storage.close()


main()
