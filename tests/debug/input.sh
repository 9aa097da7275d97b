#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# In the guest: what is written to its files by chance, and files that are read while it
# is unloaded.
#
#	input.sh [WRITES]	(to each file: 10000)

here=$(dirname "$0")
# shellcheck source=tests/ktap.sh
. "$here/../ktap.sh"
# shellcheck source=tests/vm/lib.sh
. "$here/../vm/lib.sh"
# shellcheck source=tests/debug/lib.sh
. "$here/lib.sh"

writes=${1:-10000}

# The kernel log gets a line for each that is refused, which the console need not
# have.
scribble_all() {
	set -- enable 0 1 pid 0 4194304 children 0 1 reset 1 1
	same "writable files" "$(find $dir -type f -perm -200 | wc -l)" 4 || return
	echo 4 >/proc/sys/kernel/printk
	while [ $# -gt 0 ]; do
		say scribble "$dir/$1" "$writes" "$2" "$3" || return
		shift 3
	done
	echo 7 >/proc/sys/kernel/printk
}

as_before() {
	echo 1 >$dir/enable && echo 0 >$dir/pid && echo 0 >$dir/children &&
		echo 1 >$dir/reset &&
		scenario anon >/tmp/anon &&
		same arrived "$(field_of /tmp/anon faults arrived)" 1009
}

# It must not go while somebody reads.
not_while_read() {
	exec 4<$dir/stats
	head -c 100 <&4 >/tmp/part
	rmmod spf 2>/dev/null && return 1
	cat <&4 >>/tmp/part
	exec 4<&-
	adds_up /tmp/part
}

# Opened before, during and after: whoever wins.
read_across() {
	for f in stats hooks top verdict; do
		storm fault read $dir/$f 200 >/tmp/read.$f 2>&1 &
	done
	say storm map cycle /spf/spf.ko 8 || return
	wait
	cat /tmp/read.*
}

begin
report "it loads" load
report "$writes writes by chance to each file" scribble_all
report "it works as before" as_before
report "it stays while a slow reader is there" not_while_read
report "it unloads" rmmod spf
report "files are read while it comes and goes" read_across
report "it loads" load
end
