# SPDX-License-Identifier: GPL-2.0-only
# For people; the kernel's build system reads Kbuild.

KERNEL ?= 6.1
KERNELS ?= 5.10 6.1 6.12 7.3
FAULTS ?= 1000000
AGREE_KERNEL ?= 6.12
KDIR ?= $(or $(KERNELDIR),/lib/modules/$(shell uname -r)/build)

modules:
	@test -e "$(KDIR)/Makefile" || { \
		echo "no kernel headers in $(KDIR): install linux-headers-$$(uname -r), or say KDIR=DIRECTORY" >&2; \
		exit 1; }
	$(MAKE) -C "$(KDIR)" M="$(CURDIR)" modules

clean:
	rm -rf build
	@if test -e "$(KDIR)/Makefile"; then \
		$(MAKE) -C "$(KDIR)" M="$(CURDIR)" clean; fi

demo:
	scripts/need --kernel $(KERNEL) build vm
	scripts/demo --kernel $(KERNEL)

check:
	scripts/need $(KERNELS:%=--kernel %) --kernel 6.1-debug-function build vm check trace cross
	ALL=$(ALL) KERNEL=$(KERNEL) KERNELS="$(KERNELS)" tests/run $(SUITES)

check-all:
	$(MAKE) --no-print-directory ALL=1 check

oracle:
	scripts/need --kernel $(KERNEL) build vm trace
	KERNELS=$(KERNEL) REPLAY_FAULTS=$(FAULTS) REPLAY_MEM=8192 REPLAY_TIMEOUT=7200 tests/run replay

agree:
	scripts/need --kernel $(AGREE_KERNEL) build vm
	KERNELS=$(AGREE_KERNEL) AGREE_FAULTS=$(FAULTS) AGREE_TIMEOUT=10800 tests/run agree

bench:
	scripts/need --kernel $(KERNEL) build vm bpf
	scripts/bench --kernel $(KERNEL)

bench-scale:
	scripts/need --kernel $(KERNEL) build vm
	scripts/bench --kernel $(KERNEL) --scale

style:
	scripts/need --kernel $(KERNEL) build check
	KERNEL=$(KERNEL) scripts/style

tested:
	scripts/tested-kernels --write

small: KERNELS = 6.1-small 6.12-small
small:
	scripts/need $(KERNELS:%=--kernel %) build vm
	KERNELS="$(KERNELS)" tests/run judge

check-debug: KERNELS = 6.1-debug-function 6.12-debug-function \
	6.1-debug-nofunction 6.12-debug-nofunction
check-debug: SUITES = alarm collapse silence int3 failures storms input tracers foreign \
	judge sections designs verdict interface cycles replay agree vmalock
check-debug:
	scripts/need $(KERNELS:%=--kernel %) build vm trace
	KERNELS="$(KERNELS)" JOBS=1 LOCKUPS=1 tests/run $(SUITES)

help:
	@echo 'make            build spf.ko for the running kernel (KDIR=... for another)'
	@echo 'make demo       judge real programs on a stock Debian kernel in a QEMU guest'
	@echo 'make check      the usual tests (SUITES="unit style" for some of them)'
	@echo 'make check-all  each test on each kernel, at full length (over an hour)'
	@echo 'make bench      what spf costs, in instructions'
	@echo 'make bench-scale'
	@echo '                the same with many waiting writers, and with many VMAs'
	@echo 'make oracle     judge FAULTS=1000000 faults of a load of chance by an oracle, too'
	@echo 'make agree      compare designs with the kernel that has them, over FAULTS=1000000 faults'
	@echo '                (AGREE_KERNEL=6.12 or 7.3)'
	@echo 'make style      style and static checks only'
	@echo 'make small      build small kernels of 6.1 and 6.12 and test on them'
	@echo 'make check-debug'
	@echo '                build debug kernels of 6.1 and 6.12 and test on them (hours)'
	@echo 'make tested     write the last results of make check-all into README.md, and those of'
	@echo '                make check-debug into docs/debug.md'
	@echo 'make clean      remove what was built'
	@echo
	@echo 'KERNEL=6.1      the stock kernel for demo, bench and style'
	@echo 'KERNELS="5.10 6.1 6.12 7.3"'
	@echo '                the stock kernels for check'
	@echo 'KERNELS="6.1-debug-function 6.12-debug-function 6.1-debug-nofunction'
	@echo '6.12-debug-nofunction"'
	@echo '                the kernels for check-debug'

.DEFAULT_GOAL := modules
.PHONY: modules clean demo check check-all oracle agree bench bench-scale style tested small check-debug help
