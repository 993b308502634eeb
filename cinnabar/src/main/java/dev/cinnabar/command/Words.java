package dev.cinnabar.command;

import dev.cinnabar.base.Bytes;

/// Names of commands and options as they are written to the change log. Only ever read.
public final class Words {
    public static final Bytes DEL = Bytes.of("DEL");
    public static final Bytes SET = Bytes.of("SET");
    public static final Bytes PXAT = Bytes.of("PXAT");
    public static final Bytes KEEPTTL = Bytes.of("KEEPTTL");
    public static final Bytes PEXPIREAT = Bytes.of("PEXPIREAT");
    public static final Bytes PERSIST = Bytes.of("PERSIST");

    public static final Bytes HDEL = Bytes.of("HDEL");
    public static final Bytes HSET = Bytes.of("HSET");
    public static final Bytes HSETEX = Bytes.of("HSETEX");
    public static final Bytes HPEXPIREAT = Bytes.of("HPEXPIREAT");
    public static final Bytes HPERSIST = Bytes.of("HPERSIST");
    public static final Bytes FIELDS = Bytes.of("FIELDS");

    public static final Bytes LPOP = Bytes.of("LPOP");
    public static final Bytes RPOP = Bytes.of("RPOP");
    public static final Bytes LMOVE = Bytes.of("LMOVE");
    public static final Bytes LMOVEM = Bytes.of("LMOVEM");
    public static final Bytes RPOPLPUSH = Bytes.of("RPOPLPUSH");
    public static final Bytes SADD = Bytes.of("SADD");
    public static final Bytes SREM = Bytes.of("SREM");
    public static final Bytes ZADD = Bytes.of("ZADD");
    public static final Bytes ZPOPMIN = Bytes.of("ZPOPMIN");
    public static final Bytes ZPOPMAX = Bytes.of("ZPOPMAX");

    public static final Bytes XACK = Bytes.of("XACK");
    public static final Bytes XADD = Bytes.of("XADD");
    public static final Bytes XCLAIM = Bytes.of("XCLAIM");
    public static final Bytes XDEL = Bytes.of("XDEL");
    public static final Bytes XGROUP = Bytes.of("XGROUP");
    public static final Bytes XNACK = Bytes.of("XNACK");
    public static final Bytes XTRIM = Bytes.of("XTRIM");
    public static final Bytes CREATECONSUMER = Bytes.of("CREATECONSUMER");
    public static final Bytes ENTRIESREAD = Bytes.of("ENTRIESREAD");
    public static final Bytes EQUAL = Bytes.of("=");
    public static final Bytes FORCE = Bytes.of("FORCE");
    public static final Bytes IDS = Bytes.of("IDS");
    public static final Bytes JUSTID = Bytes.of("JUSTID");
    public static final Bytes LASTID = Bytes.of("LASTID");
    public static final Bytes MAXLEN = Bytes.of("MAXLEN");
    public static final Bytes MINID = Bytes.of("MINID");
    public static final Bytes RETRYCOUNT = Bytes.of("RETRYCOUNT");
    public static final Bytes SETID = Bytes.of("SETID");
    public static final Bytes TIME = Bytes.of("TIME");

    private Words() {}
}
