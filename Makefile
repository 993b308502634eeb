# Thin names for plain Maven; each recipe can be typed by hand. `bin/find-java` prints the newest JDK (17 or newer) of this
# machine, or with a number the one of that version; nothing else here depends on the machine.

JAVA_HOME_NEWEST := $(shell bin/find-java)
JAVA_HOME_17     := $(shell bin/find-java 17)
export JAVA_HOME := $(JAVA_HOME_NEWEST)

# what --version and INFO call the build; a checkout without git says zeros
COMMIT := $(shell git rev-parse --short=8 HEAD 2>/dev/null)
CHANGED := $(shell git status --porcelain --untracked-files=no 2>/dev/null | grep -c .)

MVN := mvn -B -ntp $(if $(COMMIT),-Dbuild.commit=$(COMMIT).$(CHANGED))
BENCH ?= .

# where a newer JDK stands beside JDK 17, the same class files are tested on both
ifneq ($(JAVA_HOME_17),)
ifneq ($(JAVA_HOME_17),$(JAVA_HOME_NEWEST))
ON_BOTH := -DsecondTestJava=$(JAVA_HOME_17)/bin/java
endif
endif

.PHONY: build run test format docs bench figures clean

build:
	$(MVN) -q -pl cinnabar package -DskipTests
	bin/cinnabar-archive

run: build
	bin/cinnabar-server cinnabar.conf

test:
	$(MVN) spotless:check verify $(ON_BOTH)

format:
	$(MVN) -q spotless:apply

# the manual pages of docs/commands, from the declarations of the commands
docs:
	$(MVN) -q -pl cinnabar test -Dtest=CommandPagesTest -Ddocs.write=true

bench: build
	$(MVN) -q package -DskipTests
	$(JAVA_HOME)/bin/java -jar cinnabar-bench/target/cinnabar-bench.jar '$(BENCH)' $(BENCH_ARGS)

# one question about the running server, with what was asked beside what was measured; SERVER and PEER may be other command lines
figures: build
	$(MVN) -q package -DskipTests
	$(JAVA_HOME)/bin/java -cp cinnabar-bench/target/cinnabar-bench.jar dev.cinnabar.bench.figures.Figures '$(FIGURE)' $(if $(SERVER),"$(SERVER)") $(if $(PEER),"$(PEER)")

clean:
	$(MVN) -q clean
