# shellcheck shell=bash
# The private document server: SecantusDB, durable commits, authentication. Needs lib.sh, processes.sh, settings.sh.

DOCUMENTS=$STATE/documents

# The name of the interpreter that the tools folder points to is what /proc shows for the server.
documents_program() { printf '%s+secantusd-py' "$(basename "$(readlink -f "$TOOLS/bin/python")")"; }
find_documents() { find_service documents "$(documents_program)" "$DOCUMENTS"; }

# The one account is made before the server listens for the first time, so there is never an open door. The store
# appears under its name only when the account is in it.
create_document_store() {
  [[ ! -d $DOCUMENTS/data ]] || return 0
  rm -rf "$DOCUMENTS/data.partial"
  HAIJU_DOCUMENT_PASSWORD=$MONGO_PASSWORD "$TOOLS/bin/python" "$ROOT/scripts/document-account.py" \
    "$DOCUMENTS/data.partial" haiju >>"$LOGS/documents.log" 2>&1 || fail "建立文档库失败，见 $LOGS/documents.log。"
  mv "$DOCUMENTS/data.partial" "$DOCUMENTS/data"
}

documents_answer() { port_open "$MONGO_PORT"; }

# A real answer with our account, so that a stranger on the port is not taken for ours.
documents_know_us() {
  HAIJU_MONGO_URI=$(documents_uri) "$TOOLS/bin/python" - <<'PYTHON'
import os, pymongo
client = pymongo.MongoClient(os.environ["HAIJU_MONGO_URI"], serverSelectionTimeoutMS=10000)
client.get_default_database().command("listCollections")
PYTHON
}

start_documents() {
  private_folder "$DOCUMENTS"
  if find_documents >/dev/null; then
    documents_answer && return 0
    stop_documents
  fi
  create_document_store
  chosen_port MONGO_PORT
  # An empty file of our own, or the server would look for one in the user's and the system's folders.
  : >"$DOCUMENTS/secantusd.toml"
  launch documents "$DOCUMENTS" "$TOOLS/bin/python" "$TOOLS/bin/secantusd-py" --config "$DOCUMENTS/secantusd.toml" \
    --host 127.0.0.1 --port "$MONGO_PORT" --storage-path "$DOCUMENTS/data" --auth --sync-on-commit --cache-size 256M \
    --log-level WARNING
  await documents "$STARTED" 60 documents_answer
  documents_know_us >>"$LOGS/documents.log" 2>&1 || fail "文档库不认我们的账号，见 $LOGS/documents.log。"
}

stop_documents() { stop_service documents "$(documents_program)" "$DOCUMENTS" TERM 15; }

documents_uri() {
  printf 'mongodb://haiju:%s@127.0.0.1:%s/haiju?authSource=haiju&replicaSet=secantus&w=majority' \
    "$MONGO_PASSWORD" "$MONGO_PORT"
}
