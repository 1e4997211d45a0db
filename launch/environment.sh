# Sourced by the launch scripts: --help is answered, the repository's root is where they work, and
# Open MPI is allowed to run in containers.
# shellcheck shell=bash
script=$(readlink -f "$0")

# The comment at the script's head.
show_help() { sed -n '1d; /^#/!q; s/^# \{0,1\}//p' "$script"; }

case ${1-} in
  -h | --help)
    show_help
    exit
    ;;
esac
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 70
if [ "$(id -u)" = 0 ]; then
  export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
fi
