package dev.cinnabar.command;

import static dev.cinnabar.command.CommandSpec.syntax;
import static dev.cinnabar.command.Flag.DENYOOM;
import static dev.cinnabar.command.Flag.FAST;
import static dev.cinnabar.command.Flag.READONLY;
import static dev.cinnabar.command.Flag.WRITE;

import dev.cinnabar.base.Bytes;
import dev.cinnabar.store.Database;
import dev.cinnabar.store.StringValue;
import dev.cinnabar.struct.Bits;
import org.jspecify.annotations.Nullable;

/// Bitmaps: strings as rows of bits. A string has as many bits as it needs; those behind its end are zeros.
public enum BitCommands implements Command {
    BITCOUNT(syntax("BITCOUNT key [start end [BYTE | BIT]]")
            .flags(READONLY)
            .key("RO ACCESS")
            .since("2.6.0")
            .complexity("O(N) for N bytes of the range")
            .summary("Counts the bits of a string that are set, within a range if wanted.")),
    BITFIELD(syntax(
                    "BITFIELD key [<GET encoding offset | [OVERFLOW <WRAP | SAT | FAIL>] <SET encoding offset value | INCRBY encoding offset"
                            + " increment>> [<GET encoding offset | [OVERFLOW <WRAP | SAT | FAIL>] <SET encoding offset value | INCRBY"
                            + " encoding offset increment>> ...]]")
            .flags(WRITE, DENYOOM)
            .key("RW ACCESS UPDATE VARIABLE_FLAGS")
            .keyFinder(BitCommands::findFieldKey)
            .arguments("integer", "value")
            .since("3.2.0")
            .complexity("O(1) for each operation")
            .summary("Reads, sets and counts with numbers of any width in a string.")),
    BITFIELD_RO(syntax("BITFIELD_RO key [GET encoding offset [GET encoding offset ...]]")
            .flags(READONLY, FAST)
            .key("RO ACCESS")
            .since("6.0.0")
            .complexity("O(1) for each operation")
            .summary("Reads numbers of any width in a string.")),
    BITOP(syntax("BITOP <AND | OR | XOR | NOT | DIFF | DIFF1 | ANDOR | ONE> destkey key [key ...]")
            .flags(WRITE, DENYOOM)
            .keys(KeySpec.range("OW UPDATE", 2, 0, 1), KeySpec.range("RO ACCESS", 3, -1, 1))
            .since("2.6.0")
            .complexity("O(N) for N bytes of all the strings")
            .summary("Combines strings bit by bit and stores the result.")),
    BITPOS(syntax("BITPOS key bit [start [end [BYTE | BIT]]]")
            .flags(READONLY)
            .key("RO ACCESS")
            .since("2.8.7")
            .complexity("O(N) for N bytes of the range")
            .summary("Finds the first bit of a string that is set, or that is not.")),
    GETBIT(syntax("GETBIT key offset")
            .flags(READONLY, FAST)
            .key("RO ACCESS")
            .since("2.2.0")
            .complexity("O(1)")
            .summary("Answers a bit of a string.")),
    SETBIT(syntax("SETBIT key offset value")
            .flags(WRITE, DENYOOM)
            .key("RW ACCESS UPDATE")
            .arguments("integer", "value")
            .since("2.2.0")
            .complexity("O(1), O(N) where the string grows by N bytes")
            .summary("Sets or clears a bit of a string and answers what it was before."));

    private static final Bytes EMPTY = Bytes.of("");

    private static final KeySpec READ = KeySpec.range("RO ACCESS", 1, 0, 1);
    private static final KeySpec CHANGED = KeySpec.range("RW ACCESS UPDATE", 1, 0, 1);

    private final CommandSpec spec;

    BitCommands(CommandSpec.Builder spec) {
        this.spec = spec.group(Group.BITMAP).build();
    }

    /// BITFIELD only reads as long as all it is asked to do is GET.
    private static void findFieldKey(Arguments arguments, KeySpec.KeyVisitor visitor) {
        int at = 2;
        while (at + 2 < arguments.argc() && arguments.arg(at).isWord("GET")) at += 3;
        visitor.key(1, at == arguments.argc() ? READ : CHANGED);
    }

    @Override
    public CommandSpec spec() {
        return spec;
    }

    @Override
    public Reply run(Call call) {
        return switch (this) {
            case BITCOUNT -> bitCount(call);
            case BITFIELD -> BitField.run(call, false);
            case BITFIELD_RO -> BitField.run(call, true);
            case BITOP -> bitOp(call);
            case BITPOS -> bitPos(call);
            case GETBIT -> getBit(call);
            case SETBIT -> setBit(call);
        };
    }

    // ---- one bit ----

    private static Reply getBit(Call call) {
        long bit = BitField.offset(call, 2, 0);
        Bytes bytes = read(call, call.key(1));
        boolean isSet = bytes != null && bit >>> 3 < bytes.length() && Bits.get(bytes.array(), bytes.offset(), bit);
        return call.reply().integer(isSet);
    }

    /// The text of a string as it is used by a read.
    ///
    /// @return null when there is no such key
    private static @Nullable Bytes read(Call call, Bytes key) {
        long address = call.lookupRead(key);
        return address == 0 ? null : call.db().string(address).bytes();
    }

    /// A bit that is already as wanted is no change, unless the string had to grow for it: nothing is logged
    /// then.
    private static Reply setBit(Call call) {
        Bytes key = call.key(1);
        long bit = BitField.offset(call, 2, 0);
        boolean wanted = call.longArg(3, 0, 1, Errors.NOT_A_BIT) == 1;
        Database db = call.db();
        long address = call.lookupWrite(key);
        Bytes before = address == 0 ? EMPTY : db.string(address).bytes();
        boolean grows = address == 0 || bit >>> 3 >= before.length();
        boolean was = !grows && Bits.get(before.array(), before.offset(), bit);
        if (!grows && was == wanted && BitField.isRaw(db, address))
            return call.reply().integer(was);

        Bytes bytes = BitField.grown(db, key, address, bit);
        Bits.set(bytes.array(), bytes.offset(), bit, wanted);
        if (grows || was != wanted) call.changed(key, "setbit");

        return call.reply().integer(was);
    }

    // ---- ranges ----

    private static Reply bitCount(Call call) {
        int argc = call.argc();
        if (argc == 3 || argc > 5) throw Errors.SYNTAX_REFUSAL;
        long start = argc > 2 ? call.longArg(2) : 0;
        long end = argc > 2 ? call.longArg(3) : -1;
        boolean inBits = argc == 5 && isInBits(call, 4);
        Bytes bytes = read(call, call.key(1));
        if (bytes == null || start < 0 && end < 0 && start > end)
            return call.reply().integer(0);

        long unit = inBits ? 1 : 8;
        long size = bytes.length() * 8L / unit;
        long from = first(start, size);
        long to = last(end, size) + 1;
        if (from >= to) return call.reply().integer(0);
        return call.reply().integer(Bits.count(bytes.array(), bytes.offset(), from * unit, to * unit));
    }

    /// Without an end, the string goes on in zeros: then there is a clear bit, at the latest behind it.
    private static Reply bitPos(Call call) {
        int argc = call.argc();
        long wanted = call.longArg(2);
        if (wanted != 0 && wanted != 1) return call.reply().error(Errors.NOT_BIT_0_OR_1);
        if (argc > 6) throw Errors.SYNTAX_REFUSAL;
        long start = argc > 3 ? call.longArg(3) : 0;
        boolean inBits = argc == 6 && isInBits(call, 5);
        boolean hasEnd = argc > 4;
        long end = hasEnd ? call.longArg(4) : -1;
        Bytes bytes = read(call, call.key(1));
        if (bytes == null) return call.reply().integer(wanted == 1 ? -1 : 0);

        long unit = inBits ? 1 : 8;
        long size = bytes.length() * 8L / unit;
        long from = first(start, size);
        long to = last(end, size) + 1;
        if (from >= to) return call.reply().integer(-1);
        long found = Bits.find(bytes.array(), bytes.offset(), wanted == 1, from * unit, to * unit);
        if (found < 0 && wanted == 0 && !hasEnd) found = size * unit;
        return call.reply().integer(found);
    }

    private static boolean isInBits(Call call, int index) {
        if (call.is(index, "BIT")) return true;
        if (!call.is(index, "BYTE")) throw Errors.SYNTAX_REFUSAL;
        return false;
    }

    /// An index that may count from the end, not below 0.
    private static long first(long index, long size) {
        return index < 0 ? Math.max(0, index + size) : index;
    }

    /// The same, and within the string.
    private static long last(long index, long size) {
        return Math.min(first(index, size), size - 1);
    }

    // ---- whole strings ----

    /// The result is written where it stays: over the destination if that is a source, else into a string of
    /// its own. No copy is made beside it.
    private static Reply bitOp(Call call) {
        Bits.Operation operation = operation(call);
        Bytes key = call.key(2);
        Database db = call.db();
        int count = call.argc() - 3;
        Bytes[] rows = new Bytes[count];
        int longest = 0;
        for (int i = 0; i < count; i++) {
            rows[i] = row(call, call.key(3 + i));
            longest = Math.max(longest, rows[i].length());
        }
        if (longest == 0) {
            if (db.remove(key)) call.changedGeneric(key, "del");
            if (isNew(operation)) call.effects().command(Words.DEL).arg(key);
            return call.reply().integer(0);
        }

        Bytes target = null;
        for (int i = 0; i < count; i++) {
            if (rows[i].isEmpty() || !call.key(3 + i).equals(key)) continue;
            if (target == null) target = db.growString(db.lookup(key), longest, Database.NO_EXPIRY);
            rows[i] = target;
        }
        if (target == null) target = db.newString(key, longest);
        Bits.combine(operation, rows, count, target);
        call.changed(key, "set");
        if (isNew(operation)) call.effects().command(Words.SET).arg(key).arg(target);

        return call.reply().integer(longest);
    }

    /// Whether what is logged has to be something else, for a Redis that has four operations only.
    private static boolean isNew(Bits.Operation operation) {
        return operation.ordinal() > Bits.Operation.NOT.ordinal();
    }

    private static Bits.Operation operation(Call call) {
        for (Bits.Operation operation : Bits.Operation.values()) {
            if (!call.is(1, operation.name())) continue;
            int sources = call.argc() - 3;
            switch (operation) {
                case NOT -> {
                    if (sources != 1) throw new Refusal(Errors.BITOP_NOT_ONE);
                }
                case DIFF, DIFF1, ANDOR -> {
                    if (sources < 2) throw Errors.bitOpSeveral(operation.name());
                }
                default -> {}
            }
            return operation;
        }
        throw Errors.SYNTAX_REFUSAL;
    }

    /// A source where it lies; the text of a number is copied, as the next look overwrites it.
    private static Bytes row(Call call, Bytes key) {
        long address = call.lookupRead(key);
        if (address == 0) return EMPTY;
        StringValue value = call.db().string(address);
        Bytes bytes = value.bytes();
        return value.isNumber() ? Bytes.of(bytes.copy()) : new Bytes(bytes.array(), bytes.offset(), bytes.length());
    }
}
