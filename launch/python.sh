# Sourced by what compares with Python's packages. `packages` sets `python`, unless it is set, to an
# interpreter with the packages of requirements.txt, which come into data/python by pip.
# shellcheck shell=bash
packages() {
  local requirements=Tests/ParityTests/Fixtures/requirements.txt
  [ -z "${python-}" ] || return 0
  python=data/python/bin/python
  ! cmp -s "$requirements" data/python/whole || return 0
  if ! python3 -m venv data/python; then
    echo "$0: python3 makes no virtual environment. Install python3-venv, or give --python" >&2
    exit 69
  fi
  "$python" -m pip install --quiet --retries 1 --requirement "$requirements"
  cp "$requirements" data/python/whole
}
