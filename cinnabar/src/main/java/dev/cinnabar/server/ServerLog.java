package dev.cinnabar.server;

import dev.cinnabar.base.Clock;
import dev.cinnabar.base.Log;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.TimeZone;
import org.jspecify.annotations.Nullable;

/// The log of a server that has a process of its own, in Redis's form, which people and their tools know to
/// read:
///
/// ```
/// 4711:M 03 Feb 2026 14:05:09.123 * Ready to accept connections
///  pid : role, day month year hours:minutes:seconds.milliseconds (local time), level, message
/// ```
///
/// Roles: `M` master, `S` replica, `C` a writer in the background or a start-up that has not got far. Levels:
/// `.` debug, `-` verbose, `*` notice, `#` warning. Months are English in every locale.
///
/// A log file is opened for every line, so that it can be moved away at any time; that is for the few lines
/// that a server writes, not for tracing. Lines from several threads never mix.
public final class ServerLog implements Log {
    private static final String[] MONTHS = {
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"
    };
    private static final long DAY_MS = 86_400_000;

    private final Clock clock;
    private final TimeZone zone;
    private final long pid;
    private final @Nullable Path file;
    private final OutputStream stream;
    private volatile Level level = Level.NOTICE;
    private volatile char role = 'C';

    private ServerLog(Clock clock, TimeZone zone, long pid, @Nullable Path file, OutputStream stream) {
        this.clock = clock;
        this.zone = zone;
        this.pid = pid;
        this.file = file;
        this.stream = stream;
    }

    /// A log that writes to a stream, for `logfile ""`: standard output.
    public static ServerLog to(OutputStream stream, Clock clock, TimeZone zone, long pid) {
        return new ServerLog(clock, zone, pid, null, stream);
    }

    /// A log that appends to a file, which is made when it does not exist.
    public static ServerLog to(Path file, Clock clock, TimeZone zone, long pid) {
        return new ServerLog(clock, zone, pid, file, OutputStream.nullOutputStream());
    }

    /// Shows lines of this level and above from now on; notice without this call.
    public void level(Level least) {
        level = least;
    }

    /// The letter that lines carry from now on; `C` without this call.
    public void role(char letter) {
        role = letter;
    }

    @Override
    public boolean shows(Level level) {
        return level.compareTo(this.level) >= 0;
    }

    @Override
    public void write(Level level, String message) {
        if (!shows(level)) return;
        byte[] line = line(level, message).getBytes(StandardCharsets.UTF_8);
        try {
            append(line);
        } catch (IOException e) {
            return; // a log that cannot be written has nowhere to say so
        }
    }

    private synchronized void append(byte[] line) throws IOException {
        if (file == null) {
            stream.write(line);
            stream.flush();
            return;
        }
        try (OutputStream out = new FileOutputStream(file.toFile(), true)) {
            out.write(line);
        }
    }

    private String line(Level level, String message) {
        var line = new StringBuilder(message.length() + 48);
        line.append(pid).append(':').append(role).append(' ');
        long nowMs = clock.wallMs();
        appendTime(line, nowMs + zone.getOffset(nowMs));
        return line.append(' ')
                .append(level.mark())
                .append(' ')
                .append(message)
                .append('\n')
                .toString();
    }

    /// Takes milliseconds since 1970 on the wall clock of the time zone.
    ///
    /// By hand because the JDK's formatters take longer to load than a server takes to start. The calendar is
    /// Howard Hinnant's `civil_from_days`: years begin in March, so that the leap day comes last and months
    /// need no table.
    private static void appendTime(StringBuilder line, long localMs) {
        long days = Math.floorDiv(localMs, DAY_MS) + 719_468; // since 1 March of the year 0
        long era = Math.floorDiv(days, 146_097); // 400 years
        long dayOfEra = days - era * 146_097;
        long yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365;
        long dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100);
        int monthFromMarch = (int) ((5 * dayOfYear + 2) / 153);
        int month = (monthFromMarch + 2) % 12;
        long year = yearOfEra + era * 400 + (month < 2 ? 1 : 0);

        appendDigits(line, (int) (dayOfYear - (153 * monthFromMarch + 2) / 5 + 1), 2);
        line.append(' ').append(MONTHS[month]).append(' ').append(year).append(' ');

        int ms = (int) Math.floorMod(localMs, DAY_MS);
        appendDigits(line, ms / 3_600_000, 2);
        appendDigits(line.append(':'), ms / 60_000 % 60, 2);
        appendDigits(line.append(':'), ms / 1000 % 60, 2);
        appendDigits(line.append('.'), ms % 1000, 3);
    }

    private static void appendDigits(StringBuilder line, int number, int digits) {
        for (int i = digits, limit = 10; i > 1; i--, limit *= 10) {
            if (number < limit) line.append('0');
        }
        line.append(number);
    }
}
