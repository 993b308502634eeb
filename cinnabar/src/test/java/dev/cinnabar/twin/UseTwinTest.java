package dev.cinnabar.twin;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cinnabar.RealRedis;
import dev.cinnabar.base.Bytes;
import dev.cinnabar.engine.TestServer;
import dev.cinnabar.store.Database;
import dev.cinnabar.store.Moment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Which commands count as a use of which keys, so that these are the last to be evicted: the same as with a
/// real server, also where a command finds nothing to change.
class UseTwinTest {
    private static final List<String> KEYS =
            List.of("str", "num", "hll", "list", "set", "hash", "zset", "geo", "stream", "new");

    private static final List<String> DATA = List.of(
            "SET str value",
            "SET num 123456", // Redis shares the numbers below 10,000, and what is noted of them
            "PFADD hll a",
            "RPUSH list a b c",
            "SADD set a b c",
            "HSET hash f 1 g 2",
            "ZADD zset 1 a 2 b",
            "GEOADD geo 13 38 a",
            "XADD stream 1-1 f v",
            "XADD stream 2-1 f v",
            "XGROUP CREATE stream g 0",
            "XREADGROUP GROUP g c COUNT 1 STREAMS stream >");

    private static final List<String> COMMANDS = List.of(
            // strings
            "SET str v",
            "SET str v NX",
            "SET str v XX",
            "SET str v GET",
            "SETNX str v",
            "SETNX new v",
            "MSET str v num 1",
            "MSETNX str v new v",
            "GET str",
            "GETSET str v",
            "GETEX str",
            "GETEX str EX 100",
            "GETRANGE str 0 1",
            "STRLEN str",
            "APPEND str v",
            "APPEND num 1",
            "SETRANGE str 1 x",
            "SETRANGE str 1 ''",
            "INCR num",
            "INCR str",
            "DECRBY num 2",
            "INCRBYFLOAT num 1.5",
            "SETEX str 100 v",
            "MGET str num",
            "SETBIT str 1 1",
            "SETBIT str 1 0",
            "GETBIT str 1",
            "BITCOUNT str",
            "BITOP NOT str str",
            "BITFIELD str GET u8 0",
            "BITFIELD str SET u8 0 1",
            "BITFIELD str INCRBY u8 0 0",
            "PFADD hll a",
            "PFADD hll z",
            "PFCOUNT hll",
            "PFMERGE hll",
            "LCS str num",
            // keys
            "EXISTS str",
            "TOUCH str",
            "TYPE str",
            "TTL str",
            "EXPIRE str 100",
            "EXPIRE str 100 XX",
            "PERSIST str",
            "RENAME str new",
            "RENAMENX str num",
            "RENAMENX str new",
            "COPY str num",
            "COPY str new",
            "MOVE str 1",
            "OBJECT ENCODING str",
            "DUMP str",
            "SORT set ALPHA",
            "SORT set ALPHA STORE list",
            "RESTORE str 0 x",
            // lists
            "LPUSH list x",
            "LPUSHX list x",
            "LPUSHX new x",
            "LPOP list",
            "LPOP list 0",
            "RPOP list",
            "LLEN list",
            "LRANGE list 0 -1",
            "LINDEX list 0",
            "LSET list 0 x",
            "LSET list 9 x",
            "LREM list 0 zz",
            "LREM list 0 a",
            "LINSERT list BEFORE zz x",
            "LINSERT list BEFORE a x",
            "LTRIM list 0 -1",
            "LTRIM list 0 0",
            "LMOVE list list LEFT RIGHT",
            "LPOS list a",
            "LMPOP 1 list LEFT",
            "BLPOP list 1",
            // sets
            "SADD set a",
            "SADD set z",
            "SREM set a",
            "SREM set zz",
            "SPOP set",
            "SPOP set 0",
            "SMOVE set new zz",
            "SMOVE set new a",
            "SMOVE set set a",
            "SISMEMBER set a",
            "SCARD set",
            "SMEMBERS set",
            "SRANDMEMBER set",
            "SINTERSTORE list set",
            "SUNION set new",
            // hashes
            "HSET hash f 1",
            "HSET hash z 1",
            "HSETNX hash f 1",
            "HSETNX hash z 1",
            "HDEL hash zz",
            "HDEL hash f",
            "HINCRBY hash f 0",
            "HINCRBY hash f 1",
            "HINCRBYFLOAT hash f 0.5",
            "HGET hash f",
            "HGETALL hash",
            "HLEN hash",
            "HRANDFIELD hash",
            // sorted sets
            "ZADD zset 1 a",
            "ZADD zset NX 9 a",
            "ZADD zset XX 9 zz",
            "ZADD zset 9 a",
            "ZADD zset INCR 0 a",
            "ZINCRBY zset 0 a",
            "ZINCRBY zset 1 a",
            "ZREM zset zz",
            "ZREM zset a",
            "ZREMRANGEBYSCORE zset 8 9",
            "ZREMRANGEBYRANK zset 8 9",
            "ZREMRANGEBYLEX zset [x [y",
            "ZPOPMIN zset",
            "ZPOPMIN zset 0",
            "ZMPOP 1 zset MIN",
            "ZSCORE zset a",
            "ZRANGE zset 0 -1",
            "ZCARD zset",
            "ZRANGESTORE list zset 0 -1",
            "ZUNIONSTORE zset 1 zset",
            "GEOADD geo 13 38 a",
            "GEOADD geo 14 38 a",
            "GEODIST geo a a",
            "GEOSEARCHSTORE list geo FROMMEMBER a BYRADIUS 1 km",
            // streams
            "XADD stream 3-1 f v",
            "XADD stream 1-0 f v",
            "XADD new NOMKSTREAM 3-1 f v",
            "XTRIM stream MAXLEN 9",
            "XTRIM stream MAXLEN 0",
            "XDEL stream 9-9",
            "XDEL stream 1-1",
            "XLEN stream",
            "XRANGE stream - +",
            "XREAD STREAMS stream 0",
            "XSETID stream 9-9",
            "XGROUP CREATE stream h 0",
            "XGROUP CREATE stream g 0",
            "XGROUP SETID stream g 0",
            "XGROUP DESTROY stream zz",
            "XGROUP CREATECONSUMER stream g d",
            "XGROUP DELCONSUMER stream g zz",
            "XACK stream g 9-9",
            "XACK stream g 1-1",
            "XACK stream zz 1-1",
            "XCLAIM stream g d 0 1-1",
            "XCLAIM stream g d 9999999 1-1",
            "XAUTOCLAIM stream g d 0 0",
            "XPENDING stream g",
            "XINFO STREAM stream",
            "XREADGROUP GROUP g c STREAMS stream >",
            "XREADGROUP GROUP g c STREAMS stream 0");

    /// With these no collection is small any more.
    private static final List<String> LARGE_ELEMENTS = List.of(
            "RPUSH list " + "x".repeat(9000),
            "SADD set " + "x".repeat(100),
            "HSET hash h " + "x".repeat(100),
            "ZADD zset 3 " + "x".repeat(100));

    @Test
    void what_counts_as_a_use_of_a_key_is_the_same(@TempDir Path directory) {
        String[] lfu = {"maxmemory-policy", "allkeys-lfu", "lfu-log-factor", "0", "lfu-decay-time", "0"};
        try (Twin twin = new Twin(directory)) {
            for (int i = 0; i < lfu.length; i += 2) twin.theirs().ask("CONFIG", "SET", lfu[i], lfu[i + 1]);
            Moment moment = twin.ours().store().moment();
            moment.isLfu = true;
            moment.lfuLogFactor = 0;
            moment.lfuDecayMinutes = 0;
            compare(twin, DATA);
            compare(twin, Stream.concat(DATA.stream(), LARGE_ELEMENTS.stream()).toList());
        }
    }

    private static void compare(Twin twin, List<String> data) {
        List<String> ours = new ArrayList<>();
        List<String> theirs = new ArrayList<>();
        for (String command : COMMANDS) {
            twin.same("FLUSHALL");
            for (String line : data) twin.same(line.split(" "));
            List<Long> ourBefore = frequencies(twin.ours());
            List<Long> theirBefore = frequencies(twin.theirs());
            String[] words = command.replace("''", "").split(" ", -1);
            twin.ours().run(words);
            twin.theirs().raw(words);
            ours.add(command + ": " + used(ourBefore, frequencies(twin.ours())));
            theirs.add(command + ": " + used(theirBefore, frequencies(twin.theirs())));
        }
        assertThat(ours).isEqualTo(theirs);
    }

    private static List<Long> frequencies(TestServer server) {
        Database db = server.store().database(0);
        List<Long> all = new ArrayList<>();
        for (String key : KEYS) {
            long address = db.lookup(Bytes.of(key));
            all.add(address == 0 ? null : (long) db.frequency(address));
        }
        return all;
    }

    private static List<Long> frequencies(RealRedis server) {
        List<Long> all = new ArrayList<>();
        for (String key : KEYS) {
            Object answer = server.ask("OBJECT", "FREQ", key);
            all.add(answer instanceof Long frequency ? frequency : null);
        }
        return all;
    }

    /// The keys that were there before and still are, and were used.
    private static List<String> used(List<Long> before, List<Long> after) {
        List<String> used = new ArrayList<>();
        for (int i = 0; i < KEYS.size(); i++) {
            Long count = after.get(i);
            if (before.get(i) != null && count != null && count > before.get(i)) used.add(KEYS.get(i));
        }
        return used;
    }
}
