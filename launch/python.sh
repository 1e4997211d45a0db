# Sourced by what compares with open_clip. `packages` sets `python`, unless it is set, to an
# interpreter with the packages of requirements.txt, which come into data/python by pip.
# shellcheck shell=bash
packages() {
  [ -z "${python-}" ] || return 0
  python=data/python/bin/python
  [ ! -e data/python/whole ] || return 0
  python3 -m venv data/python
  "$python" -m pip install --quiet --retries 1 \
    --requirement Tests/ParityTests/Fixtures/requirements.txt
  touch data/python/whole
}
