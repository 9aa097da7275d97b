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
		5.10 CHANGE_PROTECTION_VMA_FIRST FTRACE_PT_REGS MUST_PASS PMD_DEVMAP VM_NEXT
		6.1 CHANGE_PROTECTION_NEWPROT FAULT_COMPLETED FTRACE_ARGS GET_KRETPROBE MUST_PASS PMD_DEVMAP
		6.12 FAULT_COMPLETED FTRACE_ARCH_ARGS GET_KRETPROBE MM_SEQCOUNT MUST_PASS OBJPOOL PMD_DEVMAP VMA_LOCK VMA_RWSEM
		7.3 EXIT_GROUP_DEAD FAULT_COMPLETED FTRACE_ARCH_ARGS GET_KRETPROBE MM_SEQCOUNT MUST_PASS OBJPOOL SNAPSHOT_ID VMA_LOCK
	EOT
}

# Forms of functions that a kernel's headers contradict: they declare another.
known_contradictions() {
	cat <<-'EOT'
		5.10 CHANGE_PROTECTION MOVE_PAGE_TABLES_STACK VMA_MERGE_NAME VMA_MERGE_VMI
		6.1 CHANGE_PROTECTION MOVE_PAGE_TABLES_STACK VMA_MERGE VMA_MERGE_VMI
		6.12
		7.3
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
	sed -nE "s/^#define SPF_HAVE_([A-Z_]+) $2\$/\1/p" \
		"build/$1/generated/spf/features.h" | sort | xargs
}

features() {
	same "features of $1" \
		"$(features_of "$1" 1 | xargs -n 1 | grep -v ^PROTO_ | xargs)" \
		"$(known_features | sed -n "s/^$1 //p")" &&
		same "contradictions of $1" \
			"$(features_of "$1" 0 | xargs -n 1 | sed -n 's/^PROTO_//p' | xargs)" \
			"$(known_contradictions | sed -nE "s/^$1( +|$)//p")"
}

# answers DECLARATION: what the checks of vma_merge say of a header that has it,
# and what compat.h makes of that: position of the mm, refuted
answers() {
	local check defines=() dir=$work/fake
	mkdir -p "$dir/linux"
	cat >"$dir/linux/mm.h" <<-EOT
		struct mm_struct;
		struct vma_iterator;
		struct vm_area_struct;
		struct anon_vma;
		struct anon_vma_name;
		struct file;
		struct mempolicy;
		struct vm_userfaultfd_ctx { void *ctx; };
		typedef unsigned long pgoff_t;
		$1
	EOT
	for check in vma_merge vma_merge_name vma_merge_vmi; do
		gcc -fsyntax-only -I"$dir" "feature/proto_$check.c" 2>/dev/null
		defines+=("-DSPF_HAVE_PROTO_${check^^}=$((! $?))")
	done
	{
		for check in SPF_MERGE_MM SPF_REFUTED_VMA_MERGE; do
			sed -n "/^#define $check /,/[^\\\\]\$/p" include/spf/compat.h
		done
		echo "mm SPF_MERGE_MM refuted SPF_REFUTED_VMA_MERGE"
	} | gcc -E -P "${defines[@]}" - | awk '
		# No operator is left but ! and &&.
		function truth(text,	n, i, term, value) {
			gsub(/[() ]/, "", text)
			value = 1
			for (n = split(text, term, "&&"); n; n--) {
				i = gsub(/!/, "", term[n])
				value = value && (i % 2 ? !(term[n] + 0) : term[n] + 0)
			}
			return value
		}
		/^mm/ {
			split($0, part, /mm|refuted/)
			print "mm=" truth(part[2]), "refuted=" truth(part[3])
		}'
}

# The rest of the arguments is the same in all of them.
merge_forms() {
	local rest='struct vm_area_struct *, unsigned long, unsigned long,
		unsigned long, struct anon_vma *, struct file *, pgoff_t,
		struct mempolicy *, struct vm_userfaultfd_ctx'
	local merge='struct vm_area_struct *vma_merge'
	same "up to 5.16" "$(answers "$merge(struct mm_struct *, $rest);")" \
		"mm=0 refuted=0" &&
		same "5.17 to 6.2" \
			"$(answers "$merge(struct mm_struct *, $rest, struct anon_vma_name *);")" \
			"mm=0 refuted=0" &&
		same "6.3 to 6.6" \
			"$(answers "$merge(struct vma_iterator *, struct mm_struct *, $rest, struct anon_vma_name *);")" \
			"mm=1 refuted=0" &&
		same "private" "$(answers '')" "mm=0 refuted=0" &&
		same "another" "$(answers "$merge(struct vma_merge_struct *);")" \
			"mm=0 refuted=1"
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

# A header that declares what every figure comes from in another way.
other_prototype() {
	mkdir -p "$work/other/linux"
	# The last that compat.h includes.
	printf '#include_next <linux/version.h>\n#define up_write spf_other\nvoid up_write(int);\n' \
		>"$work/other/linux/version.h"
	refused "conflicting types for 'spf_other'" \
		LANG=C NOSTDINC_FLAGS="-nostdinc -I$work/other"
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
report "a kernel whose up_write is another: the error that says so" other_prototype
report "vma_merge: the form is told, and another one is refuted" merge_forms
report "a kernel before 5.10: one sentence" too_old
report "no compiler: the first real error" no_compiler
report "a broken header tree: the first real error" broken_header
report "an objtool that does not run: the first real error" broken_objtool
report "no header tree: one sentence" no_headers
ktap_end
