package dev.cinnabar.command;

import static dev.cinnabar.command.CommandSpec.syntax;
import static dev.cinnabar.command.Flag.ADMIN;
import static dev.cinnabar.command.Flag.DENYOOM;
import static dev.cinnabar.command.Flag.FAST;
import static dev.cinnabar.command.Flag.MAY_REPLICATE;
import static dev.cinnabar.command.Flag.READONLY;
import static dev.cinnabar.command.Flag.SYSCMD;
import static dev.cinnabar.command.Flag.WRITE;

import dev.cinnabar.base.Bytes;
import dev.cinnabar.store.Database;
import dev.cinnabar.store.HyperLogLogValue;
import dev.cinnabar.struct.HyperLogLog;
import dev.cinnabar.struct.HyperLogLogCheck;

/// HyperLogLogs: strings that count different elements without keeping them.
public enum HyperLogLogCommands implements Command {
    PFADD(syntax("PFADD key [element [element ...]]")
            .flags(WRITE, DENYOOM, FAST)
            .key("RW INSERT")
            .since("2.8.9")
            .complexity("O(1) for each element")
            .summary("Shows elements to a HyperLogLog, creating it when the key is missing.")),
    PFCOUNT(syntax("PFCOUNT key [key ...]")
            .flags(READONLY, MAY_REPLICATE)
            .allKeys("RW ACCESS")
            .since("2.8.9")
            .complexity("O(1) for a key whose count is remembered, else O(N) for N keys, with a large constant")
            .summary("Estimates how many different elements were shown to one or several HyperLogLogs.")),
    PFDEBUG(syntax("PFDEBUG <GETREG | DECODE | ENCODING | TODENSE> key")
            .flags(WRITE, DENYOOM, ADMIN, SYSCMD)
            .keys(KeySpec.range("RW ACCESS", 2, 0, 1))
            .since("2.8.9")
            .complexity("O(1), with a large constant")
            .summary("Shows the inside of a HyperLogLog, for tests.")),
    PFMERGE(syntax("PFMERGE destkey [sourcekey [sourcekey ...]]")
            .flags(WRITE, DENYOOM)
            .keys(KeySpec.range("RW ACCESS INSERT", 1, 0, 1), KeySpec.range("RO ACCESS", 2, -1, 1))
            .since("2.8.9")
            .complexity("O(N) for N keys, with a large constant")
            .summary("Unites HyperLogLogs into the first of them.")),
    PFSELFTEST(syntax("PFSELFTEST")
            .flags(ADMIN, SYSCMD)
            .since("2.8.9")
            .complexity("O(1), some tenths of a second")
            .summary("Counts with HyperLogLogs of its own, for tests."));

    private final CommandSpec spec;

    HyperLogLogCommands(CommandSpec.Builder spec) {
        this.spec = spec.group(Group.HYPERLOGLOG).build();
    }

    @Override
    public CommandSpec spec() {
        return spec;
    }

    @Override
    public Reply run(Call call) {
        return switch (this) {
            case PFADD -> add(call);
            case PFCOUNT -> call.argc() == 2 ? count(call) : countUnion(call);
            case PFDEBUG -> debug(call);
            case PFMERGE -> merge(call);
            case PFSELFTEST -> selfTest(call);
        };
    }

    private static HyperLogLogValue look(Call call, Bytes key, long address) {
        HyperLogLogValue value = call.db().hyperLogLog(key, address);
        if (!value.isOne()) throw Errors.NO_HYPERLOGLOG;
        return value;
    }

    private static Reply add(Call call) {
        Bytes key = call.key(1);
        long address = call.lookupWrite(key);
        int raised = look(call, key, address).makeRaw().add(call.argv(), 2, call.argc());
        if (raised == HyperLogLog.CORRUPT) throw Errors.CORRUPT_HYPERLOGLOG;

        int changes = raised + (address == 0 ? 1 : 0);
        if (changes > 0) {
            call.changed(key, "pfadd", changes);
        }
        return call.reply().integer(changes > 0);
    }

    /// A read, but the string remembers the answer: that is a change of its bytes, and logged.
    private static Reply count(Call call) {
        Bytes key = call.key(1);
        long address = call.lookupRead(key);
        if (address == 0) return call.reply().integer(0);
        HyperLogLogValue value = look(call, key, address).makeRaw();
        if (value.hasCount()) return call.reply().integer(value.rememberedCount());

        long count = value.count();
        if (count == HyperLogLog.CORRUPT) throw Errors.CORRUPT_HYPERLOGLOG;
        call.changedUntold(key);

        return call.reply().integer(count);
    }

    private static Reply countUnion(Call call) {
        union(call);
        return call.reply().integer(call.db().hyperLogLog(call.key(1), 0).unionCount());
    }

    /// Gathers the union of all keys of the call.
    ///
    /// @return whether one of them is dense
    private static boolean union(Call call) {
        boolean isDense = false;
        call.db().hyperLogLog(call.key(1), 0).beginUnion();
        for (int i = 1; i < call.argc(); i++) {
            long address = call.lookupRead(call.key(i));
            if (address == 0) continue;
            HyperLogLogValue value = look(call, call.key(i), address);
            isDense |= value.isDense();
            if (!value.unite()) throw Errors.CORRUPT_HYPERLOGLOG;
        }
        return isDense;
    }

    /// Redis tells this as a PFADD, too.
    private static Reply merge(Call call) {
        Bytes key = call.key(1);
        boolean isDense = union(call);
        HyperLogLogValue value = look(call, key, call.lookupWrite(key));
        if (!value.raiseToUnion(isDense)) throw Errors.CORRUPT_HYPERLOGLOG;
        call.changed(key, "pfadd");

        return call.reply().ok();
    }

    // ---- for tests ----

    private static Reply debug(Call call) {
        Database db = call.db();
        Bytes key = call.key(2);
        long address = db.lookup(key);
        if (address == 0) return call.reply().error(Errors.PFDEBUG_NO_KEY);
        HyperLogLogValue value = look(call, key, address).makeRaw();
        if (call.is(1, "GETREG")) {
            makeDense(call, value);
            value = look(call, key, db.lookup(key));
            call.reply().array(HyperLogLog.REGISTERS);
            for (int i = 0; i < HyperLogLog.REGISTERS; i++) call.reply().integer(value.rank(i));
            return call.reply();
        }
        if (call.is(1, "DECODE")) {
            if (value.isDense()) return call.reply().error(Errors.PFDEBUG_NOT_SPARSE);
            return call.reply().bulk(value.decode());
        }
        if (call.is(1, "ENCODING")) return call.reply().simple(value.isDense() ? "dense" : "sparse");
        if (call.is(1, "TODENSE")) return call.reply().integer(makeDense(call, value));
        return call.reply().error("ERR Unknown PFDEBUG subcommand '" + Errors.echo(call.arg(1)) + "'");
    }

    /// @return whether it was sparse
    private static boolean makeDense(Call call, HyperLogLogValue value) {
        if (value.isDense()) return false;
        if (!value.makeDense()) throw Errors.CORRUPT_HYPERLOGLOG;
        call.dirty(1);
        return true;
    }

    private static Reply selfTest(Call call) {
        String wrong = HyperLogLogCheck.run(call.randomness());
        return wrong == null ? call.reply().ok() : call.reply().error("TESTFAILED " + wrong);
    }
}
