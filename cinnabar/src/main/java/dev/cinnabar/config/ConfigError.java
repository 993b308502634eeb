package dev.cinnabar.config;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import org.jspecify.annotations.Nullable;

/// A configuration that a server cannot start with, in words for the operator. Carries no stack trace.
public final class ConfigError extends Exception {
    private static final long serialVersionUID = 1L;

    /// A line of a configuration: which file it stands in, where, and how it reads.
    ///
    /// @param file the path; null for a line that came by standard input or the command line
    /// @param number counts from 1, through standard input and command line as if they followed in the file
    /// @param text without blanks around it
    public record Line(@Nullable String file, int number, String text) {
        /// An error in this line.
        public ConfigError error(String reason) {
            String where = file == null ? "" : " '" + file + '\'';
            return new ConfigError("Reading the configuration file" + where + ", at line " + number + "\n>>> '" + text
                    + "'\n" + reason);
        }
    }

    private final boolean isUnreadableFile;

    ConfigError(String message) {
        this(message, false);
    }

    private ConfigError(String message, boolean isUnreadableFile) {
        super(message, null, false, false);
        this.isUnreadableFile = isUnreadableFile;
    }

    static ConfigError unreadable(String file, String reason) {
        return new ConfigError("Fatal error, can't open config file '" + file + "': " + reason, true);
    }

    /// Whether a file could not be read, which Redis tells by a line of its log rather than by a [#report].
    public boolean isUnreadableFile() {
        return isUnreadableFile;
    }

    /// The operating system's words for a failure, as far as Java keeps them.
    public static String reason(IOException e) {
        if (e instanceof NoSuchFileException) return "No such file or directory";
        if (e instanceof AccessDeniedException) return "Permission denied";
        String reason = e instanceof FileSystemException f ? f.getReason() : e.getMessage();
        return reason == null ? e.toString() : reason;
    }

    /// What a server prints to standard error before it exits with 1.
    ///
    /// @param server name and version of the server, such as `Cinnabar 1.0.0`
    public String report(String server) {
        return "\n*** FATAL CONFIG FILE ERROR (" + server + ") ***\n" + getMessage() + '\n';
    }
}
