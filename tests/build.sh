#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Does it build, for every kernel and without warnings; does each kernel have
# the features that are known of it; and what does the user see where it cannot
# be built?
#
#	tests/build.sh KERNEL...
set -u

top=$(cd "$(dirname "$0")/.." && pwd)
cd "$top" || exit 1
# shellcheck source=tests/ktap.sh
. tests/ktap.sh

work=$(mktemp -d "${TMPDIR:-/tmp}/spf-build.XXXXXX")
trap 'rm -rf "$work"' EXIT

# Found out once by hand, from the kernels' sources: a check that fails to
# compile for a reason of its own shows up here.
known_features() {
	cat <<-'EOT'
		5.10 CHANGE_PROTECTION_VMA_FIRST MUST_PASS PMD_DEVMAP VM_NEXT
		6.1 CHANGE_PROTECTION_NEWPROT FAULT_COMPLETED GET_KRETPROBE MUST_PASS PMD_DEVMAP
		6.12 FAULT_COMPLETED GET_KRETPROBE MM_SEQCOUNT MUST_PASS PMD_DEVMAP VMA_LOCK VMA_RWSEM
		7.3 COLLAPSE_ORDER EXIT_GROUP_DEAD FAULT_COMPLETED GET_KRETPROBE MM_SEQCOUNT MUST_PASS VMA_LOCK
	EOT
}

same() {
	[ "$2" = "$3" ] && return
	echo "$1: got $2, wanted $3"
	return 1
}

# builds NAME OPTION...
builds() {
	local name=$1
	shift
	scripts/build "$@" W=1 >/dev/null || return
	[ -s "build/$name/spf.ko" ] || return
	! grep -E 'warning|error' "build/$name/build.log"
}

features_of() {
	sed -nE 's/^#define SPF_HAVE_([A-Z_]+) 1$/\1/p' \
		"build/$1/generated/spf/features.h" | sort | xargs
}

features() {
	same "features of $1" "$(features_of "$1")" \
		"$(known_features | sed -n "s/^$1 //p")"
}

# refused SENTENCE MAKE-ARGUMENT...: the first that building says of an error
# has SENTENCE.
refused() {
	local sentence=$1 dir=$work/refused
	shift
	rm -rf "$dir" && mkdir "$dir" && cp -r Kbuild feature include spf_*.c "$dir" || return
	if make -j"$(nproc)" -C "$(scripts/kernel --kernel 6.1 headers)" M="$dir" "$@" \
		modules >"$work/out" 2>&1; then
		echo "it builds"
		return 1
	fi
	grep -m 1 -iE '^spf: |error|not found' "$work/out" | grep -qF "$sentence" && return
	echo "the first error is not \"$sentence\", but:"
	grep -m 3 -iE '^spf: |error|not found' "$work/out"
	return 1
}

# As a kernel without the option would have it.
without_option() {
	refused "spf: needs a kernel with CONFIG_$1" \
		KCFLAGS="-include $work/without-$1.h"
}

with_lto() {
	printf '#include <linux/kconfig.h>\n#define CONFIG_LTO_CLANG 1\n' >"$work/lto.h"
	refused 'spf: needs a kernel without CONFIG_LTO_CLANG' \
		KCFLAGS="-include $work/lto.h"
}

prepare_without() {
	local option
	for option; do
		printf '#include <linux/kconfig.h>\n#undef CONFIG_%s\n' "$option" \
			>"$work/without-$option.h"
	done
}

# A version header that is found before the real one.
too_old() {
	mkdir -p "$work/old/linux"
	printf '#define LINUX_VERSION_CODE 328704\n#define KERNEL_VERSION(a, b, c) (((a) << 16) + ((b) << 8) + (c))\n' \
		>"$work/old/linux/version.h"
	refused 'spf: needs Linux 5.10 or later' \
		NOSTDINC_FLAGS="-nostdinc -I$work/old"
}

no_compiler() {
	refused 'no-such-compiler' CC=no-such-compiler
}

broken_header() {
	printf '#error "this header tree is broken"\n' >"$work/broken.h"
	refused 'this header tree is broken' KCFLAGS="-include $work/broken.h"
}

# objtool's place is taken by a program that fails as one of a wrong libc does.
broken_objtool() {
	printf '#!/bin/sh\necho "objtool: error: it does not run" >&2\nexit 127\n' \
		>"$work/objtool"
	chmod 755 "$work/objtool"
	refused 'objtool: error: it does not run' objtool="$work/objtool"
}

no_headers() {
	make KDIR=/no/such/directory modules >"$work/out" 2>&1 && return 1
	grep -q 'no kernel headers in /no/such/directory' "$work/out"
}

arm64() {
	builds 6.1-arm64 --kernel 6.1 --arch arm64
}

# With trees of its own, so that nothing of the machine's DKMS is touched.
with_dkms() {
	local version abi verb tree=$work/dkms
	version=$(sed -n 's/^PACKAGE_VERSION="\(.*\)"/\1/p' dkms.conf)
	abi=$(scripts/kernel --kernel 6.1 abi)
	grep -q "\"$version\"" include/spf/version.h || {
		echo "dkms.conf has version $version, include/spf/version.h another"
		return 1
	}
	mkdir -p "$tree/tree" "$tree/src/spf-$version"
	cp -r Kbuild Makefile dkms.conf feature include spf_*.c \
		"$tree/src/spf-$version"
	for verb in add "build -k $abi"; do
		# shellcheck disable=SC2086 # a verb with its option
		dkms $verb --dkmstree "$tree/tree" --sourcetree "$tree/src" \
			"spf/$version" >"$work/out" 2>&1 && continue
		tail -n 5 "$work/out"
		return 1
	done
	tree=$tree/tree/spf/$version/$abi
	[ -n "$(find "$tree" -name 'spf.ko*')" ] || return
	find "$tree" -name make.log -exec cat {} + | grep -q 'FEATURE must_pass'
}

ktap_start
for kernel; do
	report "spf.ko for $kernel builds without warnings (W=1)" \
		builds "$kernel" --kernel "$kernel"
	report "the features of $kernel are those it has" features "$kernel"
done
report "spf.ko for arm64 (6.1) builds without warnings (W=1)" arm64
report "DKMS builds it, with the same checks" with_dkms
report "a compiler that accepts everything is no compiler" \
	refused 'accepts what it must refuse' CC=true
prepare_without KPROBES TRACEPOINTS DEBUG_FS SMP
for option in KPROBES TRACEPOINTS DEBUG_FS SMP; do
	report "a kernel without CONFIG_$option: one sentence" without_option "$option"
done
report "a kernel with CONFIG_LTO_CLANG: one sentence" with_lto
report "a kernel before 5.10: one sentence" too_old
report "no compiler: the first real error" no_compiler
report "a broken header tree: the first real error" broken_header
report "an objtool that does not run: the first real error" broken_objtool
report "no header tree: one sentence" no_headers
ktap_end
