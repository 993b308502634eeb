# Finds Java and the jar for the scripts beside it. Sourced, never run: `here` must name this folder.
#
# A start of the server passes through here, so nothing forks on the usual way: a JDK says its version in the file
# `release` of its home, and reading a few lines of text is some hundred times cheaper than running `java -version`.

# The JVM reads and writes the names of files, and its arguments, as the locale says. Where that names no
# charset, as in many containers and units, they are bytes for everybody else, and UTF-8 is what nearly all of
# them mean. A locale that names UTF-8 may be missing here, as en_US.UTF-8 in small images or LC_CTYPE=UTF-8 from
# a Mac, and then it says nothing either.
locale=${LC_ALL:-${LC_CTYPE:-${LANG-}}}
case ${locale%.[Uu][Tt][Ff]*8} in
    *.* | *@*) ;; # another charset is wanted
    *) if [ -d /System/Library ]; then export LC_ALL=en_US.UTF-8; else export LC_ALL=C.UTF-8; fi ;; # macOS, others
esac

set -f # words are split at blanks in places below; a * in them means itself

complain() {
    printf '%s\n' "cinnabar: $*" >&2
}

# need_heap SIZE: ends with a message unless it is a size that a server can live in.
need_heap() {
    number=${1%[kKmMgG]}
    case $number in
        '' | *[!0-9]* | 0?* | ??????????????*) complain "CINNABAR_HEAP is '$1', which is no size: a number with k, m or g, such as 512m"; exit 1 ;;
    esac
    case $1 in
        *[kK]) kilobytes=$number ;;
        *[mM]) kilobytes=$((number * 1024)) ;;
        *[gG]) kilobytes=$((number * 1048576)) ;;
        *) kilobytes=$((number / 1024)) ;;
    esac
    if [ "$kilobytes" -lt 40960 ]; then
        complain "CINNABAR_HEAP is $1, in which no server can live: 40m is the least, 256m a small one"
        exit 1
    fi
}

# heed_container FOLDER: warns where the container has too little memory for the least heap (40m) and the JVM
# itself (about as much). Linux tells that in the folder of cgroups, in one of two ways.
heed_container() {
    for limit in "$1/memory.max" "$1/memory/memory.limit_in_bytes"; do
        bytes=max # for no limit
        [ -r "$limit" ] && read -r bytes <"$limit"
        case $bytes in
            *[!0-9]*) continue ;;
        esac
        [ "$bytes" -lt 83886080 ] || continue
        complain "the $((bytes / 1048576))m of this container are too little, Linux may end the server: 80m are the least, 256m a small one"
    done
}

# consider HOME: remembers it as java_home (with java_version, java_major) if it is newer than what was found so far.
# $wanted restricts the search to one major version, $needed names a program that must be in its bin.
consider() {
    [ -r "$1/release" ] && [ -x "$1/bin/$needed" ] || return 0
    while IFS='=' read -r name value; do
        [ "$name" = JAVA_VERSION ] || continue
        value=${value#\"}
        value=${value%%\"*}
        major=${value%%[!0-9]*}
        if [ "${major:-0}" -ge 17 ] && [ "$major" -gt "$java_major" ] && [ "$major" = "${wanted:-$major}" ]; then
            java_home=$1 java_version=$value java_major=$major
        fi
        break
    done <"$1/release"
}

# consider_program PATH: the home of a java program; the one on PATH is often a link to a link.
consider_program() {
    program=$1
    [ -h "$program" ] && program=$(readlink -f "$program" 2>/dev/null)
    case $program in
        */bin/java) consider "${program%/bin/java}" ;;
    esac
}

# Sets java_home, java_version and java_major to the newest JDK of this machine, 17 or newer; empty if there is none.
# CINNABAR_JAVA, a home or a java program, is an order: nothing else is looked at.
find_java() {
    wanted=${1-} needed=${2-java}
    java_home='' java_version='' java_major=0

    if [ -n "${CINNABAR_JAVA-}" ] && [ -z "$wanted" ]; then
        consider "${CINNABAR_JAVA%/}"
        [ -n "$java_home" ] || consider_program "$CINNABAR_JAVA"
        return
    fi

    [ -n "${JAVA_HOME-}" ] && consider "${JAVA_HOME%/}"
    on_path=$(command -v java) && consider_program "$on_path"
    set +f
    for home in /usr/lib/jvm/* /usr/java/* /opt/* /opt/java/* "${HOME-}"/.sdkman/candidates/java/* "${HOME-}"/.jdks/* \
        /Library/Java/JavaVirtualMachines/*/Contents/Home "${HOME-}"/Library/Java/JavaVirtualMachines/*/Contents/Home \
        /opt/homebrew/opt/openjdk*/libexec/openjdk.jdk/Contents/Home; do
        consider "$home"
    done
    set -f
}

# Sets java_home or ends the script.
need_java() {
    find_java
    [ -n "$java_home" ] && return
    if [ -n "${CINNABAR_JAVA-}" ]; then
        complain "CINNABAR_JAVA=$CINNABAR_JAVA is no Java 17 or newer"
    else
        complain "no Java 17 or newer found: install one (25 starts fastest), or point CINNABAR_JAVA at its home"
    fi
    exit 1
}

# Sets jar: an installation has it in lib, a checkout in target, where it is built first if it is missing.
need_jar() {
    root=${here%/*}
    jar=$root/lib/cinnabar.jar
    [ -f "$jar" ] && return
    jar=$root/cinnabar/target/cinnabar.jar
    [ -f "$jar" ] && return

    if [ ! -f "$root/pom.xml" ]; then
        complain "cinnabar.jar is neither in $root/lib nor in $root/cinnabar/target"
        exit 1
    fi
    complain "building $jar (once; takes a minute)"
    (
        find_java '' javac
        [ -n "$java_home" ] && export JAVA_HOME="$java_home"
        cd "$root" && exec mvn -q -B -ntp -pl cinnabar package -DskipTests
    ) >&2 </dev/null || {
        complain "the build failed; it needs Maven and a JDK, 17 or newer"
        exit 1
    }
    "$here/cinnabar-archive" || : # the server starts without it too
}

# Sets archive to the file beside the jar in which this JDK keeps Cinnabar's classes ready for use, and spare_archive to the
# one in the user's cache for jars in folders that the user cannot write. The name holds what the file depends on; that the
# jar is still the same, the JVM checks by itself.
name_archives() {
    if [ "$java_major" -ge 25 ]; then suffix=$java_version.aot; else suffix=$java_version.jsa; fi
    archive=${jar%.jar}-$suffix
    spare_archive=''
    cache=${XDG_CACHE_HOME:-${HOME:+$HOME/.cache}}
    [ -n "$cache" ] || return 0

    flat='' rest=$jar
    while [ "$rest" != "${rest#*/}" ]; do
        flat=$flat${rest%%/*}@ rest=${rest#*/} # not %: the JVM writes pid and time for %p and %t
    done
    spare_archive=$cache/cinnabar/$flat${rest%.jar}-$suffix
}
