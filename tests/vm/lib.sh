# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# What the guest's tests share.  Sourced.

# shellcheck disable=SC2034 # for those who source this
dir=/sys/kernel/debug/spf

# field RECORD KEY [WORD...]: the value of KEY in the line of the stats on
# standard input that starts with RECORD and contains every WORD; 0 if none.  A
# line of a design is that of seqcount unless a WORD names another one.
field() {
	awk -v record="$1" -v key="$2" -v words="$3 $4" '
		BEGIN {
			if (record == "design" && words !~ /name=/)
				words = words " name=seqcount"
			if (record ~ /^(reason|share)$/ && words !~ /design=/)
				words = words " design=seqcount"
			n = split(words, word)
		}
		$1 == record {
			for (i = 1; i <= n; i++)
				if (index(" " $0 " ", " " word[i] " ") == 0)
					next
			for (i = 2; i <= NF; i++)
				if (index($i, key "=") == 1) {
					value = substr($i, length(key) + 2)
					exit
				}
		}
		END { print value == "" ? 0 : value }'
}

# The same from a saved file.
field_of() {
	field_file=$1
	shift
	field "$@" <"$field_file"
}

# same WHAT GOT WANTED
same() {
	[ "$2" = "$3" ] && return
	echo "$1: got $2, wanted $3"
	return 1
}

# between WHAT GOT LOW HIGH
between() {
	[ "$2" -ge "$3" ] && [ "$2" -le "$4" ] && return
	echo "$1: got $2, wanted $3 to $4"
	return 1
}

# figures_hold FILE CHECKS [ALLOWED]: in one go, as each program that is started
# takes long here; see figures.awk
figures_hold() {
	# shellcheck disable=SC2154 # of those who source this
	awk -v check="$2" -v allow="$3" -f "$here/figures.awk" "$1"
}

# Every fault that has arrived is in one of the bins.
adds_up() {
	figures_hold "$1" sums
}

# healthy FILE [ALLOWED]: nothing was missed, so that counts are what they seem.
# More sections in one fault than are remembered are no fault of spf's, but the
# busy host's: where many writers are about, overrun is allowed.
healthy() {
	figures_hold "$1" "health waits" "$2"
}

# has OPTION: by what the kernel itself shows; stock ones have no config.gz, and
# what spf says of it is to be tested, not believed.
has() {
	case $1 in
	NUMA) [ -d /sys/devices/system/node ] ;;
	TRANSPARENT_HUGEPAGE) [ -d /sys/kernel/mm/transparent_hugepage ] ;;
	USERFAULTFD) grep -qw userfaultfd_ioctl /proc/kallsyms ;;
	esac
}

# report_with OPTION NAME COMMAND...: skipped where the kernel has not OPTION
report_with() {
	option=$1
	shift
	if has "$option"; then
		report "$@"
	else
		skip "$1" "no CONFIG_$option"
	fi
}

# report_if FILE NAME COMMAND...: skipped where there is no such file
report_if() {
	needed=$1
	shift
	if [ -e "$needed" ]; then
		report "$@"
	else
		skip "$1" "no $needed"
	fi
}

# Devices to swap to: zram and brd are read from in the fault itself, loop is not.
swap_has() {
	[ -e /spf/swap/"$1" ]
}

swap_file() {
	case $1 in
	zram) echo /dev/zram0 ;;
	brd) echo /dev/ram0 ;;
	loop) echo /dev/loop0 ;;
	esac
}

swap_on() {
	while read -r module; do
		case $module in
		brd) insmod /spf/swap/brd.ko rd_nr=1 rd_size=8192 ;;
		*) insmod "/spf/swap/$module.ko" ;;
		esac || return
	done </spf/swap/"$1"
	case $1 in
	zram) echo 8M >/sys/block/zram0/disksize ;;
	loop)
		dd if=/dev/zero of=/tmp/swap bs=1M count=8 2>/dev/null &&
			losetup /dev/loop0 /tmp/swap
		;;
	esac || return
	echo 0 >/proc/sys/vm/page-cluster &&
		mkswap "$(swap_file "$1")" && swapon "$(swap_file "$1")"
}

# The one that was loaded last goes first.
swap_off() {
	swapoff "$(swap_file "$1")" || return
	if [ "$1" = loop ]; then
		losetup -d /dev/loop0 && rm /tmp/swap || return
	fi
	awk '{ line[NR] = $0 } END { for (; NR; NR--) print line[NR] }' \
		/spf/swap/"$1" >/tmp/reversed
	while read -r module; do
		rmmod "$module" || return
	done </tmp/reversed
}

# In the kernel log since the last call of log_mark.
log_mark() {
	dmesg | wc -l >/tmp/log-mark
}

log_since() {
	dmesg | tail -n +$(($(cat /tmp/log-mark) + 1))
}

log_has() {
	log_since | grep -q "$1" && return
	echo "the kernel log does not say '$1', but:"
	log_since
	return 1
}

# What was found is shown with what stands around it.
no_splat() {
	! dmesg | grep -E -B 3 -A 25 'BUG:|WARNING:|Oops|Call Trace:|rcu: INFO:' |
		head -n 300 | grep .
}
