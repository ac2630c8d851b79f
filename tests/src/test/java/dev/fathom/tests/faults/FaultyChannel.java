package dev.fathom.tests.faults;

import dev.fathom.tests.faults.Faults.Kind;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Path;

/** A channel of a real file. Mapping a file that cannot all be read fails where reading it would. */
final class FaultyChannel extends FileChannel {
    private final Path path;
    private final FileChannel real;
    private final Faults faults;

    FaultyChannel(Path path, FileChannel real, Faults faults) {
        this.path = path;
        this.real = real;
        this.faults = faults;
    }

    @Override
    public int read(ByteBuffer to) throws IOException {
        int n = read(to, real.position());
        if (n > 0) {
            real.position(real.position() + n);
        }
        return n;
    }

    @Override
    public int read(ByteBuffer to, long at) throws IOException {
        faults.meet(Kind.READ, path);
        int bytes = (int) Math.min(to.remaining(), Math.max(0, real.size() - at));
        int good = faults.readable(path, at, bytes);
        if (good == bytes) {
            return real.read(to, at);
        }
        int limit = to.limit();
        to.limit(to.position() + good);
        int n = real.read(to, at);
        to.limit(limit);
        return n;
    }

    @Override
    public long read(ByteBuffer[] to, int offset, int length) throws IOException {
        for (int i = offset; i < offset + length; i++) {
            if (to[i].hasRemaining()) {
                return read(to[i]);
            }
        }
        return 0;
    }

    @Override
    public int write(ByteBuffer from) throws IOException {
        faults.meet(Kind.WRITE, path);
        return limited(from, real::write);
    }

    @Override
    public int write(ByteBuffer from, long at) throws IOException {
        faults.meet(Kind.WRITE, path);
        return limited(from, bytes -> real.write(bytes, at));
    }

    private interface Writing {
        int write(ByteBuffer bytes) throws IOException;
    }

    /** As a disk does that is nearly full: it takes a part, and says so when the rest comes. */
    private int limited(ByteBuffer from, Writing writing) throws IOException {
        int limit = from.limit();
        from.limit(from.position() + faults.roomFor(path, from.remaining()));
        try {
            return writing.write(from);
        } finally {
            from.limit(limit);
        }
    }

    @Override
    public long write(ByteBuffer[] from, int offset, int length) throws IOException {
        for (int i = offset; i < offset + length; i++) {
            if (from[i].hasRemaining()) {
                return write(from[i]);
            }
        }
        return 0;
    }

    @Override
    public long position() throws IOException {
        return real.position();
    }

    @Override
    public FileChannel position(long to) throws IOException {
        real.position(to);
        return this;
    }

    @Override
    public long size() throws IOException {
        return real.size();
    }

    @Override
    public FileChannel truncate(long size) throws IOException {
        real.truncate(size);
        return this;
    }

    @Override
    public void force(boolean metadata) throws IOException {
        faults.meet(Kind.FORCE, path);
        real.force(metadata);
    }

    @Override
    public long transferTo(long from, long count, WritableByteChannel to) {
        throw new UnsupportedOperationException("nothing here transfers");
    }

    @Override
    public long transferFrom(ReadableByteChannel from, long at, long count) {
        throw new UnsupportedOperationException("nothing here transfers");
    }

    @Override
    public MappedByteBuffer map(MapMode mode, long at, long size) throws IOException {
        refuseUnreadable(at, size);
        return real.map(mode, at, size);
    }

    @Override
    public MemorySegment map(MapMode mode, long at, long size, Arena arena) throws IOException {
        refuseUnreadable(at, size);
        return real.map(mode, at, size, arena);
    }

    private void refuseUnreadable(long at, long size) throws IOException {
        for (long from = at; faults.hasLimits(path) && from < at + size; ) {
            from += faults.readable(path, from, (int) Math.min(1 << 20, at + size - from));
        }
    }

    @Override
    public FileLock lock(long at, long size, boolean shared) throws IOException {
        return real.lock(at, size, shared);
    }

    @Override
    public FileLock tryLock(long at, long size, boolean shared) throws IOException {
        return real.tryLock(at, size, shared);
    }

    @Override
    protected void implCloseChannel() throws IOException {
        real.close();
    }
}
