package dev.cinnabar.command;

import static dev.cinnabar.command.CommandSpec.syntax;
import static dev.cinnabar.command.Flag.BLOCKING;
import static dev.cinnabar.command.Flag.DENYOOM;
import static dev.cinnabar.command.Flag.FAST;
import static dev.cinnabar.command.Flag.MOVABLEKEYS;
import static dev.cinnabar.command.Flag.NOSCRIPT;
import static dev.cinnabar.command.Flag.READONLY;
import static dev.cinnabar.command.Flag.WRITE;

import dev.cinnabar.base.Bytes;
import dev.cinnabar.base.Numbers;
import dev.cinnabar.memory.OutOfMemory;
import dev.cinnabar.store.ListValue;
import dev.cinnabar.struct.Listpack;

/// Lists: elements in order, pushed and popped at both ends.
public enum ListCommands implements Command {
    BLMOVE(syntax("BLMOVE source destination <LEFT | RIGHT> <LEFT | RIGHT> timeout")
            .flags(WRITE, DENYOOM, NOSCRIPT, BLOCKING)
            .keys(KeySpec.range("RW ACCESS DELETE", 1, 0, 1), KeySpec.range("RW INSERT", 2, 0, 1))
            .since("6.2.0")
            .complexity("O(1)")
            .summary("Moves an element from a list to a list, and waits for one if there is none.")),
    BLMOVEM(syntax("BLMOVEM source destination <LEFT | RIGHT> <LEFT | RIGHT> timeout"
                    + " [<COUNT count | EXACTLY exactly> <OBO | BULK>]")
            .flags(WRITE, DENYOOM, BLOCKING)
            .keys(KeySpec.range("RW ACCESS DELETE", 1, 0, 1), KeySpec.range("RW INSERT", 2, 0, 1))
            .since("8.10.0")
            .complexity("O(N) for N elements moved")
            .summary("Moves elements from a list to a list, and waits while there are not enough.")),
    BLMPOP(syntax("BLMPOP timeout numkeys key [key ...] <LEFT | RIGHT> [COUNT count]")
            .flags(WRITE, BLOCKING, MOVABLEKEYS)
            .keys(KeySpec.counted("RW ACCESS DELETE", 2, 0, 1, 1))
            .since("7.0.0")
            .complexity("O(N+M) for N keys and M elements popped")
            .summary("Pops elements from the first list that has any, and waits for one if none has.")),
    BLPOP(syntax("BLPOP key [key ...] timeout")
            .flags(WRITE, NOSCRIPT, BLOCKING)
            .keys(KeySpec.range("RW ACCESS DELETE", 1, -2, 1))
            .since("2.0.0")
            .complexity("O(N) for N keys")
            .summary("Pops the head of the first list that has one, and waits for one if none has.")),
    BRPOP(syntax("BRPOP key [key ...] timeout")
            .flags(WRITE, NOSCRIPT, BLOCKING)
            .keys(KeySpec.range("RW ACCESS DELETE", 1, -2, 1))
            .since("2.0.0")
            .complexity("O(N) for N keys")
            .summary("Pops the tail of the first list that has one, and waits for one if none has.")),
    BRPOPLPUSH(syntax("BRPOPLPUSH source destination timeout")
            .flags(WRITE, DENYOOM, NOSCRIPT, BLOCKING)
            .keys(KeySpec.range("RW ACCESS DELETE", 1, 0, 1), KeySpec.range("RW INSERT", 2, 0, 1))
            .since("2.2.0")
            .complexity("O(1)")
            .deprecated("6.2.0", "BLMOVE with RIGHT and LEFT")
            .summary("Moves the tail of a list to the head of a list, and waits for one if there is none.")),
    LINDEX(syntax("LINDEX key index")
            .flags(READONLY)
            .key("RO ACCESS")
            .since("1.0.0")
            .complexity("O(N) for N elements between the index and the nearer end")
            .summary("Answers the element at an index.")),
    LINSERT(syntax("LINSERT key <BEFORE | AFTER> pivot element")
            .flags(WRITE, DENYOOM)
            .key("RW INSERT")
            .since("2.2.0")
            .complexity("O(N) for N elements in front of the pivot")
            .summary("Inserts an element next to another one.")),
    LLEN(syntax("LLEN key")
            .flags(READONLY, FAST)
            .key("RO")
            .since("1.0.0")
            .complexity("O(1)")
            .summary("Answers how many elements a list has.")),
    LMOVE(syntax("LMOVE source destination <LEFT | RIGHT> <LEFT | RIGHT>")
            .flags(WRITE, DENYOOM)
            .keys(KeySpec.range("RW ACCESS DELETE", 1, 0, 1), KeySpec.range("RW INSERT", 2, 0, 1))
            .since("6.2.0")
            .complexity("O(1)")
            .summary("Moves an element from one end of a list to one end of a list.")),
    LMOVEM(syntax("LMOVEM source destination <LEFT | RIGHT> <LEFT | RIGHT>"
                    + " [<COUNT count | EXACTLY exactly> <OBO | BULK>]")
            .flags(WRITE, DENYOOM)
            .keys(KeySpec.range("RW ACCESS DELETE", 1, 0, 1), KeySpec.range("RW INSERT", 2, 0, 1))
            .since("8.10.0")
            .complexity("O(N) for N elements moved")
            .summary("Moves elements from one end of a list to one end of a list.")),
    LMPOP(syntax("LMPOP numkeys key [key ...] <LEFT | RIGHT> [COUNT count]")
            .flags(WRITE, MOVABLEKEYS)
            .keys(KeySpec.counted("RW ACCESS DELETE", 1, 0, 1, 1))
            .since("7.0.0")
            .complexity("O(N+M) for N keys and M elements popped")
            .summary("Pops elements from the first list that has any.")),
    LPOP(syntax("LPOP key [count]")
            .flags(WRITE, FAST)
            .key("RW ACCESS DELETE")
            .since("1.0.0")
            .complexity("O(N) for N elements popped")
            .summary("Pops elements from the head of a list.")),
    LPOS(syntax("LPOS key element [RANK rank] [COUNT num-matches] [MAXLEN len]")
            .flags(READONLY)
            .key("RO ACCESS")
            .since("6.0.6")
            .complexity("O(N) for N elements looked at")
            .summary("Answers at which indexes an element stands.")),
    LPUSH(syntax("LPUSH key element [element ...]")
            .flags(WRITE, DENYOOM, FAST)
            .key("RW INSERT")
            .since("1.0.0")
            .complexity("O(N) for N elements pushed")
            .summary("Pushes elements to the head of a list, one after the other.")),
    LPUSHX(syntax("LPUSHX key element [element ...]")
            .flags(WRITE, DENYOOM, FAST)
            .key("RW INSERT")
            .since("2.2.0")
            .complexity("O(N) for N elements pushed")
            .summary("Pushes elements to the head of a list, but only if there is one.")),
    LRANGE(syntax("LRANGE key start stop")
            .flags(READONLY)
            .key("RO ACCESS")
            .since("1.0.0")
            .complexity("O(S+N) for S elements between the start and the nearer end, and N elements answered")
            .summary("Answers the elements between two indexes, both included.")),
    LREM(syntax("LREM key count element")
            .flags(WRITE)
            .key("RW DELETE")
            .since("1.0.0")
            .complexity("O(N) for N elements of the list")
            .summary("Takes elements with a given text out of a list.")),
    LSET(syntax("LSET key index element")
            .flags(WRITE, DENYOOM)
            .key("RW UPDATE")
            .since("1.0.0")
            .complexity("O(N) for N elements between the index and the nearer end")
            .summary("Replaces the element at an index.")),
    LTRIM(syntax("LTRIM key start stop")
            .flags(WRITE)
            .key("RW DELETE")
            .since("1.0.0")
            .complexity("O(N) for N elements taken out")
            .summary("Keeps only the elements between two indexes, both included.")),
    RPOP(syntax("RPOP key [count]")
            .flags(WRITE, FAST)
            .key("RW ACCESS DELETE")
            .since("1.0.0")
            .complexity("O(N) for N elements popped")
            .summary("Pops elements from the tail of a list.")),
    RPOPLPUSH(syntax("RPOPLPUSH source destination")
            .flags(WRITE, DENYOOM)
            .keys(KeySpec.range("RW ACCESS DELETE", 1, 0, 1), KeySpec.range("RW INSERT", 2, 0, 1))
            .since("1.2.0")
            .complexity("O(1)")
            .deprecated("6.2.0", "LMOVE with RIGHT and LEFT")
            .summary("Moves the tail of a list to the head of a list.")),
    RPUSH(syntax("RPUSH key element [element ...]")
            .flags(WRITE, DENYOOM, FAST)
            .key("RW INSERT")
            .since("1.0.0")
            .complexity("O(N) for N elements pushed")
            .summary("Pushes elements to the tail of a list, one after the other.")),
    RPUSHX(syntax("RPUSHX key element [element ...]")
            .flags(WRITE, DENYOOM, FAST)
            .key("RW INSERT")
            .since("2.2.0")
            .complexity("O(N) for N elements pushed")
            .summary("Pushes elements to the tail of a list, but only if there is one."));

    private static final String NO_RANK =
            "ERR RANK can't be zero: use 1 to start from the first match, 2 from the second ..."
                    + " or use negative to start from the end of the list";

    private final CommandSpec spec;

    ListCommands(CommandSpec.Builder spec) {
        this.spec = spec.group(Group.LIST).build();
    }

    @Override
    public CommandSpec spec() {
        return spec;
    }

    @Override
    public Reply run(Call call) {
        return switch (this) {
            case BLMOVE -> moveOrWait(call, isLeft(call, 3), isLeft(call, 4), 5);
            case BLMOVEM -> moveManyOrWait(call, isLeft(call, 3), isLeft(call, 4));
            case BLMPOP -> popFirstOfOrWait(call);
            case BLPOP -> popOrWait(call, true);
            case BRPOP -> popOrWait(call, false);
            case BRPOPLPUSH -> moveOrWait(call, false, true, 3);
            case LINDEX -> index(call);
            case LINSERT -> insert(call);
            case LLEN -> call.reply().integer(read(call, 1).size());
            case LMOVE -> move(call, isLeft(call, 3), isLeft(call, 4));
            case LMOVEM -> moveMany(call, isLeft(call, 3), isLeft(call, 4));
            case LMPOP -> popFirstOf(call, 1, -1);
            case LPOP -> pop(call, true);
            case LPOS -> positions(call);
            case LPUSH -> push(call, true, false);
            case LPUSHX -> push(call, true, true);
            case LRANGE -> range(call);
            case LREM -> remove(call);
            case LSET -> set(call);
            case LTRIM -> trim(call);
            case RPOP -> pop(call, false);
            case RPOPLPUSH -> move(call, false, true);
            case RPUSH -> push(call, false, false);
            case RPUSHX -> push(call, false, true);
        };
    }

    private static ListValue read(Call call, int key) {
        return call.db().list(call.key(key), call.lookupRead(call.key(key)));
    }

    private static ListValue write(Call call, int key) {
        return call.db().list(call.key(key), call.lookupWrite(call.key(key)));
    }

    private static boolean isLeft(Call call, int index) {
        if (call.is(index, "LEFT")) return true;
        if (call.is(index, "RIGHT")) return false;
        throw Errors.SYNTAX_REFUSAL;
    }

    // ---- reading ----

    private static Reply index(Call call) {
        ListValue list = read(call, 1);
        if (!list.exists()) return call.reply().nil();
        Listpack.Entry element = list.get(call.longArg(2));
        return element == null ? call.reply().nil() : call.reply().bulk(element);
    }

    /// The index that an argument means: counted from the head, and not in front of it.
    private static long start(long index, long size) {
        return Math.max(0, index < 0 ? index + size : index);
    }

    private static long stop(long index, long size) {
        return Math.min(size - 1, index < 0 ? index + size : index);
    }

    private static Reply range(Call call) {
        long from = call.longArg(2);
        long to = call.longArg(3);
        ListValue list = read(call, 1);
        long size = list.size();
        long start = start(from, size);
        long stop = stop(to, size);
        long count = start > stop ? 0 : stop - start + 1; // their difference may be too large for 64 bits
        Reply reply = call.reply().array(count);
        list.forEach(start, count, false, element -> {
            reply.bulk(element);
            return true;
        });
        return reply;
    }

    private static Reply positions(Call call) {
        long rank = 1;
        long count = -1;
        long most = 0;
        for (int i = 3; i < call.argc(); i += 2) {
            if (i + 1 == call.argc()) throw Errors.SYNTAX_REFUSAL;
            if (call.is(i, "RANK")) {
                rank = call.longArg(i + 1);
                if (rank == Long.MIN_VALUE) throw new Refusal(Errors.NOT_A_COUNT);
                if (rank == 0) throw new Refusal(NO_RANK);
            } else if (call.is(i, "COUNT")) {
                count = call.longArg(i + 1, 0, Long.MAX_VALUE, "ERR COUNT can't be negative");
            } else if (call.is(i, "MAXLEN")) {
                most = call.longArg(i + 1, 0, Long.MAX_VALUE, "ERR MAXLEN can't be negative");
            } else {
                throw Errors.SYNTAX_REFUSAL;
            }
        }
        ListValue list = read(call, 1);
        Reply reply = call.reply();
        Matches matches = new Matches(reply, Math.abs(rank) - 1, count < 0 ? 1 : count);
        int begin = reply.begin();
        list.find(call.arg(2), rank < 0, most == 0 ? Long.MAX_VALUE : most, matches);
        if (count >= 0) return reply.endArray(begin, matches.found);
        return matches.found == 0 ? reply.nil() : reply;
    }

    /// Answers the indexes that LPOS finds.
    private static final class Matches implements ListValue.IndexVisitor {
        private final Reply reply;
        private long skipped; // still to be
        private final long most; // 0 for all
        private long found;

        Matches(Reply reply, long skipped, long most) {
            this.reply = reply;
            this.skipped = skipped;
            this.most = most;
        }

        @Override
        public boolean index(long index) {
            if (skipped > 0) {
                skipped--;
                return true;
            }
            reply.integer(index);
            return ++found != most;
        }
    }

    // ---- adding ----

    private static Reply push(Call call, boolean atHead, boolean onlyIfThere) {
        ListValue list = write(call, 1);
        if (onlyIfThere && !list.exists()) return call.reply().integer(0);
        int count = call.argc() - 2;
        long bytes = 0;
        for (int i = 2; i < call.argc(); i++) bytes += call.arg(i).length();
        list.expect(bytes, count);
        int pushed = 0;
        try {
            for (; pushed < count; pushed++) list.push(call.arg(2 + pushed), atHead);
        } catch (OutOfMemory e) {
            list.remove(atHead ? 0 : list.size() - pushed, pushed);
            throw e;
        }
        call.changed(call.key(1), atHead ? "lpush" : "rpush", count);
        return call.reply().integer(list.size());
    }

    private static Reply insert(Call call) {
        boolean isBefore = call.is(2, "BEFORE");
        if (!isBefore && !call.is(2, "AFTER")) throw Errors.SYNTAX_REFUSAL;
        ListValue list = write(call, 1);
        if (!list.exists()) return call.reply().integer(0);
        list.expect(call.arg(4).length(), 1);
        if (!list.insert(call.arg(3), isBefore, call.arg(4)))
            return call.reply().integer(-1);
        call.changed(call.key(1), "linsert");
        return call.reply().integer(list.size());
    }

    private static Reply set(Call call) {
        ListValue list = write(call, 1);
        if (!list.exists()) return call.reply().error(Errors.NO_KEY);
        long index = call.longArg(2);
        if (list.get(index) == null) return call.reply().error(Errors.INDEX_OUT_OF_RANGE);
        list.set(index, call.arg(3));
        call.changed(call.key(1), "lset");
        return call.reply().ok();
    }

    // ---- removing ----

    private static void popped(Call call, Bytes key, ListValue list, boolean atHead, long count) {
        call.changed(key, atHead ? "lpop" : "rpop", count);
        if (!list.exists()) call.alsoChanged(key, "del");
    }

    private static void removed(Call call, ListValue list, String event, long count) {
        Bytes key = call.key(1);
        call.changed(key, event, count);
        if (!list.exists()) call.alsoChanged(key, "del");
    }

    /// Answers elements from one end, beginning with the outermost, and takes them out.
    private static Reply popMany(Call call, Bytes key, ListValue list, boolean atHead, long count) {
        long size = list.size();
        long taken = Math.min(count, size);
        Reply reply = call.reply().array(taken);
        if (taken == 0) return reply;
        list.forEach(atHead ? 0 : size - 1, taken, !atHead, element -> {
            reply.bulk(element);
            return true;
        });
        list.remove(atHead ? 0 : size - taken, taken);
        popped(call, key, list, atHead, taken);
        return reply;
    }

    private static Reply popOne(Call call, Bytes key, ListValue list, boolean atHead) {
        long index = atHead ? 0 : list.size() - 1;
        Listpack.Entry element = list.get(index);
        if (element == null) throw new IllegalStateException("a list has no elements");
        call.reply().bulk(element);
        list.remove(index, 1);
        popped(call, key, list, atHead, 1);
        return call.reply();
    }

    private static Reply pop(Call call, boolean atHead) {
        if (call.argc() > 3) return call.reply().error(Errors.arity(atHead ? "lpop" : "rpop"));
        boolean hasCount = call.argc() == 3;
        long count = hasCount ? call.longArg(2, 0, Long.MAX_VALUE, Errors.NOT_POSITIVE) : 1;
        ListValue list = write(call, 1);
        if (!list.exists())
            return hasCount ? call.reply().nilArray() : call.reply().nil();
        return hasCount ? popMany(call, call.key(1), list, atHead, count) : popOne(call, call.key(1), list, atHead);
    }

    private static Reply trim(Call call) {
        long from = call.longArg(2);
        long to = call.longArg(3);
        ListValue list = write(call, 1);
        if (!list.exists()) return call.reply().ok();
        long size = list.size();
        long start = start(from, size);
        long stop = stop(to, size);
        if (start > stop) {
            list.remove(0, size);
            removed(call, list, "ltrim", size);
            return call.reply().ok();
        }
        list.remove(stop + 1, size - 1 - stop);
        list.remove(0, start);
        removed(call, list, "ltrim", start + size - 1 - stop);
        return call.reply().ok();
    }

    private static Reply remove(Call call) {
        long most = call.longArg(2);
        ListValue list = write(call, 1);
        long count = list.remove(call.arg(3), most);
        if (count > 0) removed(call, list, "lrem", count);
        return call.reply().integer(count);
    }

    // ---- moving ----

    private static Reply move(Call call, boolean fromHead, boolean toHead) {
        ListValue source = write(call, 1);
        if (!source.exists()) return call.reply().nil();
        Listpack.Entry element = source.get(fromHead ? 0 : -1);
        if (element == null) throw new IllegalStateException("a list has no elements");

        if (refusesTarget(call)) return call.reply();

        int length = element.length();
        Reply reply = call.reply().bulk(element);
        Bytes text = reply.lastText(length);
        ListValue target = write(call, 2);
        target.expect(length, 1);
        target.push(text, toHead); // should it be refused, the engine takes the answer back
        source = write(call, 1);
        source.remove(fromHead ? 0 : source.size() - 1, 1);
        call.changed(call.key(2), toHead ? "lpush" : "rpush", 0); // one change with the pop
        popped(call, call.key(1), source, fromHead, 1);
        return reply;
    }

    /// Answers an error when something else than a list lies where elements are to be moved to; one that
    /// stands also for who waits.
    private static boolean refusesTarget(Call call) {
        long there = call.db().lookup(call.key(2));
        if (there == 0 || call.db().kind(there).type().equals("list")) return false;
        call.decided();
        call.reply().error(Errors.WRONG_TYPE);
        return true;
    }

    // ---- moving many ----

    /// How many elements are moved at the most. Reads all words behind the ends and the timeout. The manual
    /// does not say what becomes of a number below 1; it is refused, as LMPOP refuses it.
    ///
    /// @param at where they begin
    private static long mostToMove(Call call, int at) {
        if (call.argc() == at) return 1;
        boolean isWhole = call.argc() == at + 3
                && (call.is(at, "COUNT") || call.is(at, "EXACTLY"))
                && (call.is(at + 2, "OBO") || call.is(at + 2, "BULK"));
        if (!isWhole) throw Errors.SYNTAX_REFUSAL;
        return call.longArg(at + 1, 1, Long.MAX_VALUE, MultiPop.NO_COUNT);
    }

    /// Whether there must be as many elements as are asked for, and not one at least.
    private static boolean isExact(Call call, int at) {
        return call.argc() > at && call.is(at, "EXACTLY");
    }

    /// LMOVEM. Where nothing is moved it answers nil, and the type of the target is of no matter, as with
    /// LMOVE.
    private static Reply moveMany(Call call, boolean fromHead, boolean toHead) {
        long most = mostToMove(call, 5);
        long size = write(call, 1).size();
        if (size == 0 || isExact(call, 5) && size < most) return call.reply().nilArray();
        return carry(call, fromHead, toHead, 5, Math.min(most, size));
    }

    /// Moves elements that are there, and answers them as they lie in the target afterwards, from head to
    /// tail. The target is filled before the source is emptied: so a refusal changes nothing, and a list that
    /// is moved to itself keeps its key and its expiry time. For a moment memory holds them twice.
    ///
    /// @param at where the words of [#mostToMove] begin
    private static Reply carry(Call call, boolean fromHead, boolean toHead, int at, long count) {
        if (refusesTarget(call)) return call.reply();

        ListValue source = write(call, 1);
        boolean isBulk = call.argc() > at && call.is(at + 2, "BULK");
        boolean isBackward = isBulk ? toHead : !fromHead; // what is pushed first
        long first = fromHead ? 0 : source.size() - count;
        Reply reply = call.reply();
        Cargo cargo = new Cargo(reply);
        source.forEach(isBackward ? first + count - 1 : first, count, isBackward, cargo);
        cargo.pushTo(write(call, 2), toHead, count);

        source = write(call, 1);
        boolean isSame = call.key(1).equals(call.key(2));
        long pushedThere = isSame && fromHead == toHead ? count : 0; // they lie in front of those that go
        source.remove(fromHead ? pushedThere : source.size() - pushedThere - count, count);
        call.changed(call.key(2), toHead ? "lpush" : "rpush", 0); // one change with the pop
        popped(call, call.key(1), source, fromHead, count);

        cargo.unload();
        ListValue target = write(call, 2);
        reply.array(count);
        target.forEach(toHead ? 0 : target.size() - count, count, false, element -> {
            reply.bulk(element);
            return true;
        });
        return reply;
    }

    /// Elements on their way from list to list: copies that stay as they are while the lists change, in the
    /// order in which they are pushed. They lie where the answer will stand.
    private static final class Cargo implements ListValue.Visitor {
        private final Reply reply;
        private final int begin;
        private long bytes; // of their texts

        Cargo(Reply reply) {
            this.reply = reply;
            this.begin = reply.out().length();
        }

        @Override
        public boolean element(Listpack.Entry element) {
            bytes += element.length();
            reply.bulk(element);
            return true;
        }

        /// @throws OutOfMemory when memory is short; then the target is as it was
        void pushTo(ListValue target, boolean atHead, long count) {
            target.expect(bytes, count);
            byte[] array = reply.out().array();
            Bytes text = new Bytes();
            int at = begin;
            long pushed = 0;
            try {
                for (; pushed < count; pushed++) { // $5 CR LF hello CR LF
                    int digits = at + 1;
                    int digitsEnd = digits;
                    while (array[digitsEnd] != '\r') digitsEnd++;
                    int length = (int) Numbers.parse(text.set(array, digits, digitsEnd - digits));
                    target.push(text.set(array, digitsEnd + 2, length), atHead);
                    at = digitsEnd + 2 + length + 2;
                }
            } catch (OutOfMemory e) {
                target.remove(atHead ? 0 : target.size() - pushed, pushed);
                throw e;
            }
        }

        /// Makes room for the answer.
        void unload() {
            reply.out().rewind(begin);
        }
    }

    // ---- waiting ----

    private static Reply moveOrWait(Call call, boolean fromHead, boolean toHead, int timeoutIndex) {
        long timeoutMs = Timeout.millis(call, timeoutIndex);
        if (!write(call, 1).exists()) {
            // as in Redis: a nil where nobody can wait, but a nil array when the time is over
            return call.mayWait()
                    ? call.waitForOneOf(Wish.LIST, 1, 1, timeoutMs, true)
                    : call.reply().nil();
        }
        Reply reply = move(call, fromHead, toHead);
        if (reply.errors() > 0) return reply;
        if (timeoutIndex == 3)
            call.effects().command(Words.RPOPLPUSH).arg(call.key(1)).arg(call.key(2));
        else
            call.effects()
                    .command(Words.LMOVE)
                    .arg(call.key(1))
                    .arg(call.key(2))
                    .arg(call.arg(3))
                    .arg(call.arg(4));
        return reply;
    }

    /// BLMOVEM. The log is told an LMOVEM with the same words, which finds the same elements there.
    private static Reply moveManyOrWait(Call call, boolean fromHead, boolean toHead) {
        long timeoutMs = Timeout.millis(call, 5);
        long most = mostToMove(call, 6);
        long size = write(call, 1).size();
        if (size < (isExact(call, 6) ? most : 1)) return call.waitForOneOf(Wish.LIST, 1, 1, timeoutMs, true);
        Reply reply = carry(call, fromHead, toHead, 6, Math.min(most, size));
        if (reply.errors() > 0) return reply;
        Effects effects = call.effects()
                .command(Words.LMOVEM)
                .arg(call.key(1))
                .arg(call.key(2))
                .arg(call.arg(3))
                .arg(call.arg(4));
        for (int i = 6; i < call.argc(); i++) effects.arg(call.arg(i));
        return reply;
    }

    private static Reply popOrWait(Call call, boolean atHead) {
        int last = call.argc() - 2;
        long timeoutMs = Timeout.millis(call, last + 1);
        for (int i = 1; i <= last; i++) {
            ListValue list = write(call, i);
            if (!list.exists()) continue;
            call.reply().array(2).bulk(call.key(i));
            Reply reply = popOne(call, call.key(i), list, atHead);
            call.effects().command(atHead ? Words.LPOP : Words.RPOP).arg(call.key(i));
            return reply;
        }
        return call.waitForOneOf(Wish.LIST, 1, last, timeoutMs, true);
    }

    private static Reply popFirstOfOrWait(Call call) {
        return popFirstOf(call, 2, Timeout.millis(call, 1));
    }

    /// @param countAt   where the number of keys stands
    /// @param timeoutMs how long to wait, -1 for not at all
    private static Reply popFirstOf(Call call, int countAt, long timeoutMs) {
        MultiPop asked = new MultiPop(call, countAt, "LEFT", "RIGHT");
        for (int i = asked.first; i <= asked.last; i++) {
            ListValue list = write(call, i);
            if (!list.exists()) continue;
            long taken = Math.min(asked.count, list.size());
            call.reply().array(2).bulk(call.key(i));
            Reply reply = popMany(call, call.key(i), list, asked.atFirstEnd, taken);
            call.effects()
                    .command(asked.atFirstEnd ? Words.LPOP : Words.RPOP)
                    .arg(call.key(i))
                    .arg(taken);
            return reply;
        }
        return timeoutMs < 0
                ? call.reply().nilArray()
                : call.waitForOneOf(Wish.LIST, asked.first, asked.last, timeoutMs, true);
    }
}
