package dev.cinnabar.uring;

import java.io.IOException;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Array;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.SocketChannel;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The C functions that a ring needs, and memory that C knows; see the package for how and where.
///
/// Linking takes some 50 ms, once per JVM: when this class is first used. Any thread.
final class SystemCalls {
    private static final long IO_URING_SETUP = 425; // the same number on every architecture
    private static final long IO_URING_ENTER = 426;
    private static final long ENTER_GETEVENTS = 1;

    private static final long PROT_READ_WRITE = 3;
    private static final long MAP_SHARED = 1;
    private static final long MAP_PRIVATE_ANONYMOUS = 0x22;
    private static final long MAP_POPULATE = 0x8000;
    private static final long MAP_FAILED = -1;

    // constants, so that the JIT calls what they stand for; null where `WHY_NOT` says why
    private static final @Nullable MethodHandle MMAP;
    private static final @Nullable MethodHandle MUNMAP;
    private static final @Nullable MethodHandle CLOSE;
    private static final @Nullable MethodHandle SYSCALL;
    private static final @Nullable Method OF_ADDRESS;
    private static final @Nullable Method REINTERPRET;
    private static final @Nullable Method AS_BYTE_BUFFER;
    private static final @Nullable MethodHandle DESCRIPTOR;
    private static final @Nullable String WHY_NOT;

    static {
        Linked linked = null;
        String why = null;
        try {
            linked = new Linked();
        } catch (ClassNotFoundException | NoSuchMethodException e) {
            why = "it needs JDK 22 or newer";
        } catch (InvocationTargetException e) {
            why = String.valueOf(e.getCause());
        } catch (ReflectiveOperationException | IOException e) {
            why = e.getMessage();
        }
        WHY_NOT = why;
        MMAP = linked == null ? null : linked.mmap;
        MUNMAP = linked == null ? null : linked.munmap;
        CLOSE = linked == null ? null : linked.close;
        SYSCALL = linked == null ? null : linked.syscall;
        OF_ADDRESS = linked == null ? null : linked.ofAddress;
        REINTERPRET = linked == null ? null : linked.reinterpret;
        AS_BYTE_BUFFER = linked == null ? null : linked.asByteBuffer;
        DESCRIPTOR = linked == null ? null : linked.descriptor;
    }

    private SystemCalls() {}

    /// What is found by reflection. All four functions are called with six longs: arguments of a C function
    /// that are too many are not looked at, and an int is the lower half of a long, in the calling
    /// conventions of x86-64 and aarch64.
    private static final class Linked {
        private static final int ARGUMENTS = 6;

        final MethodHandle mmap;
        final MethodHandle munmap;
        final MethodHandle close;
        final MethodHandle syscall;
        final Method ofAddress;
        final Method reinterpret;
        final Method asByteBuffer;
        final MethodHandle descriptor;

        /// @throws IOException where there is no io_uring to be had; the message says why
        Linked() throws ReflectiveOperationException, IOException {
            String os = System.getProperty("os.name");
            String architecture = System.getProperty("os.arch").toLowerCase(Locale.ROOT);
            if (!os.equals("Linux") || !(architecture.equals("amd64") || architecture.equals("aarch64")))
                throw new IOException("it needs Linux on x86-64 or aarch64");
            Module us = SystemCalls.class.getModule();
            if (!(boolean) Module.class.getMethod("isNativeAccessEnabled").invoke(us))
                throw new IOException("the JVM was started without --enable-native-access");

            Class<?> channel = Class.forName("sun.nio.ch.SelChImpl");
            if (!channel.getModule().isExported(channel.getPackageName(), us))
                throw new IOException("the JVM was started without --add-exports java.base/sun.nio.ch");
            descriptor = MethodHandles.lookup()
                    .unreflect(channel.getMethod("getFDVal"))
                    .asType(MethodType.methodType(int.class, SocketChannel.class));

            Class<?> segment = Class.forName("java.lang.foreign.MemorySegment");
            ofAddress = segment.getMethod("ofAddress", long.class);
            reinterpret = segment.getMethod("reinterpret", long.class);
            asByteBuffer = segment.getMethod("asByteBuffer");

            Class<?> layout = Class.forName("java.lang.foreign.MemoryLayout");
            Object aLong = Class.forName("java.lang.foreign.ValueLayout")
                    .getField("JAVA_LONG")
                    .get(null);
            Object arguments = Array.newInstance(layout, ARGUMENTS);
            for (int i = 0; i < ARGUMENTS; i++) Array.set(arguments, i, aLong);
            Class<?> descriptorType = Class.forName("java.lang.foreign.FunctionDescriptor");
            Object shape =
                    descriptorType.getMethod("of", layout, arguments.getClass()).invoke(null, aLong, arguments);

            Class<?> linkerType = Class.forName("java.lang.foreign.Linker");
            Class<?> optionType = Class.forName("java.lang.foreign.Linker$Option");
            Object options = Array.newInstance(optionType, 0);
            Object linker = linkerType.getMethod("nativeLinker").invoke(null);
            Object names = linkerType.getMethod("defaultLookup").invoke(linker);
            Method find = Class.forName("java.lang.foreign.SymbolLookup").getMethod("find", String.class);
            Method link = linkerType.getMethod("downcallHandle", segment, descriptorType, options.getClass());
            mmap = (MethodHandle) link.invoke(linker, symbol(find, names, "mmap"), shape, options);
            munmap = (MethodHandle) link.invoke(linker, symbol(find, names, "munmap"), shape, options);
            close = (MethodHandle) link.invoke(linker, symbol(find, names, "close"), shape, options);
            syscall = (MethodHandle) link.invoke(linker, symbol(find, names, "syscall"), shape, options);
        }

        private static Object symbol(Method find, Object names, String name)
                throws ReflectiveOperationException, IOException {
            Optional<?> symbol = (Optional<?>) find.invoke(names, name);
            if (symbol.isEmpty()) throw new IOException("the C library has no " + name);
            return symbol.get();
        }
    }

    /// @throws IOException when nothing here works; the message says why
    static void require() throws IOException {
        if (WHY_NOT != null) throw new IOException(WHY_NOT);
    }

    /// The number by which the kernel knows a socket, good until the channel is closed; -1 when it cannot be
    /// told.
    static int descriptor(SocketChannel channel) {
        if (DESCRIPTOR == null) return -1;
        try {
            return (int) DESCRIPTOR.invokeExact(channel);
        } catch (Throwable e) {
            return -1; // a channel of another make
        }
    }

    /// A new ring.
    ///
    /// @param parameters address of a `struct io_uring_params`
    /// @return its descriptor, negative when the kernel refuses
    static int setUp(int entries, long parameters) {
        return (int) call(SYSCALL, IO_URING_SETUP, entries, parameters, 0, 0, 0);
    }

    /// @param submitted how many operations are new
    /// @param awaited   how many completions there must be when it returns
    /// @return how many operations were consumed, negative when the kernel refuses
    static int enter(int ring, int submitted, int awaited) {
        long flags = awaited > 0 ? ENTER_GETEVENTS : 0;
        return (int) call(SYSCALL, IO_URING_ENTER, ring, submitted, awaited, flags, 0);
    }

    static void close(int descriptor) {
        call(CLOSE, descriptor, 0, 0, 0, 0, 0);
    }

    /// Fresh memory, zeroed; of a ring if a descriptor is given, else our own.
    ///
    /// @param descriptor of a ring, or -1
    /// @param offset     which of the ring's parts
    /// @throws IOException when there is none to be had
    static long map(long bytes, int descriptor, long offset) throws IOException {
        long flags = descriptor < 0 ? MAP_PRIVATE_ANONYMOUS : MAP_SHARED | MAP_POPULATE;
        long address = call(MMAP, 0, bytes, PROT_READ_WRITE, flags, descriptor, offset);
        if (address == MAP_FAILED) throw new IOException("no memory for it");
        return address;
    }

    static void unmap(long address, long bytes) {
        call(MUNMAP, address, bytes, 0, 0, 0, 0);
    }

    /// Mapped memory as a buffer, in the machine's byte order. Not to be used once it is unmapped.
    static ByteBuffer view(long address, long bytes) {
        if (OF_ADDRESS == null || REINTERPRET == null || AS_BYTE_BUFFER == null)
            throw new IllegalStateException(WHY_NOT);
        try {
            Object memory = REINTERPRET.invoke(OF_ADDRESS.invoke(null, address), bytes);
            return ((ByteBuffer) AS_BYTE_BUFFER.invoke(memory)).order(ByteOrder.nativeOrder());
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }

    private static long call(@Nullable MethodHandle function, long a, long b, long c, long d, long e, long f) {
        if (function == null) throw new IllegalStateException(WHY_NOT);
        try {
            return (long) function.invokeExact(a, b, c, d, e, f);
        } catch (RuntimeException | Error unexpected) {
            throw unexpected;
        } catch (Throwable unexpected) {
            throw new IllegalStateException(unexpected);
        }
    }
}
