# Thin names for plain Maven; each recipe can be typed by hand. `bin/find-java` prints the newest JDK (17 or newer) of this
# machine, or with a number the one of that version; nothing else here depends on the machine.

JAVA_HOME_NEWEST := $(shell bin/find-java)
JAVA_HOME_17     := $(shell bin/find-java 17)
export JAVA_HOME := $(JAVA_HOME_NEWEST)

MVN := mvn -B -ntp
BENCH ?= .

# where a newer JDK stands beside JDK 17, the same class files are tested on both
ifneq ($(JAVA_HOME_17),)
ifneq ($(JAVA_HOME_17),$(JAVA_HOME_NEWEST))
ON_BOTH := -DsecondTestJava=$(JAVA_HOME_17)/bin/java
endif
endif

.PHONY: build run test format bench clean

build:
	$(MVN) -q -pl cinnabar package -DskipTests
	bin/cinnabar-archive

run: build
	bin/cinnabar-server cinnabar.conf

test:
	$(MVN) spotless:check verify $(ON_BOTH)

format:
	$(MVN) -q spotless:apply

bench: build
	$(MVN) -q package -DskipTests
	$(JAVA_HOME)/bin/java -jar cinnabar-bench/target/cinnabar-bench.jar '$(BENCH)' $(BENCH_ARGS)

clean:
	$(MVN) -q clean
