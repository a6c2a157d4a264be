ee-show --help
ee-show --version | sed 's/[0-9.]*$/VERSION/'
status ee-show -d
status ee-show -d 1x
status ee-show --no-such-thing
status ee-show -j 0
