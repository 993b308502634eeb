package dev.cinnabar.persistence;

import dev.cinnabar.base.Numbers;
import java.io.IOException;

/// Where bytes in RDB encoding come from, and the lengths, numbers and strings in them. The chapter of this
/// room draws the layouts.
///
/// No length is believed: memory is taken for what is really there.
abstract class RdbInput {
    private static final int LZF = 3; // the sort of encoding; 0, 1, 2 are numbers of 1, 2, 4 bytes
    private static final int MAX_RATIO = 88; // three bytes of LZF make at most 264

    private final Text packed = new Text();

    /// How many bytes there are still, at the most.
    abstract long left();

    abstract int one() throws IOException, BadRdb;

    /// Reads so many bytes. Whether they are there has been checked.
    abstract void bytes(byte[] target, int offset, int count) throws IOException, BadRdb;

    /// Reads a little-endian number of up to 8 bytes.
    final long number(int bytes) throws IOException, BadRdb {
        long number = 0;
        for (int i = 0; i < bytes; i++) number |= (long) one() << 8 * i;
        return number;
    }

    /// Reads a length: 6, 14, 32 or 64 bits, said by the first two. Not negative.
    final long length() throws IOException, BadRdb {
        int first = one();
        return length(first);
    }

    private long length(int first) throws IOException, BadRdb {
        long length = unsigned(first);
        if (length < 0) throw new BadRdb("not a length");
        return length;
    }

    /// Reads a number that is written like a length: the bits of one of 64 bits without sign.
    final long unsigned() throws IOException, BadRdb {
        return unsigned(one());
    }

    private long unsigned(int first) throws IOException, BadRdb {
        if (first >>> 6 == 0) return first;
        if (first >>> 6 == 1) return (first & 63) << 8 | one();
        if (first == 0x80) return Integer.toUnsignedLong(Integer.reverseBytes((int) number(4)));
        if (first == 0x81) return Long.reverseBytes(number(8));
        throw new BadRdb("not a length");
    }

    /// Reads how many elements follow, each of which takes some bytes.
    final long count(int bytesOfEach) throws IOException, BadRdb {
        long count = length();
        if (count > left() / bytesOfEach) throw new BadRdb("it ends in a collection of " + count + " elements");
        return count;
    }

    /// Reads a string: as it is, as a number, or compressed.
    final Text string(Text text) throws IOException, BadRdb {
        int first = one();
        if (first >>> 6 != 3) {
            plain(text, length(first));
            return text;
        }
        int sort = first & 63;
        if (sort < LZF) {
            long number = number(1 << sort);
            number = sort == 0 ? (byte) number : sort == 1 ? (short) number : (int) number;
            byte[] digits = text.resize(Numbers.MAX_LONG_CHARS);
            text.resize(Numbers.print(number, digits, 0));
        } else if (sort == LZF) {
            compressed(text);
        } else {
            throw new BadRdb("a string of the encoding " + sort + ", which does not exist");
        }
        return text;
    }

    private void plain(Text text, long length) throws IOException, BadRdb {
        if (length > Text.MAX_LENGTH || length > left())
            throw new BadRdb("it ends in a string of " + length + " bytes");
        bytes(text.resize((int) length), 0, (int) length);
    }

    private void compressed(Text text) throws IOException, BadRdb {
        long packedLength = length();
        long length = length();
        if (packedLength > left() || length > Text.MAX_LENGTH || length > packedLength * MAX_RATIO) {
            throw new BadRdb("a compressed string of " + length + " bytes in " + packedLength);
        }
        plain(packed, packedLength);
        if (!Lzf.unpack(packed.array(), 0, packed.length(), text.resize((int) length), (int) length)) {
            throw new BadRdb("a compressed string that does not unpack to its length");
        }
    }

    /// Reads a floating point number as its eight bytes.
    final double binaryDouble() throws IOException, BadRdb {
        return Double.longBitsToDouble(number(8));
    }
}
