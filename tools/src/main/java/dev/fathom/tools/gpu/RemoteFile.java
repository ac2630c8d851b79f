package dev.fathom.tools.gpu;

import java.io.IOException;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;

/** A file that need not be fetched whole: any piece of it can be read. */
interface RemoteFile {
    /** What messages call it. */
    String name();

    /** Its size in bytes. */
    long size() throws IOException;

    /**
     * Writes bytes {@code from} to {@code from + count} to {@code out}; what was written before a failure stays
     * written.
     */
    void read(long from, long count, OutputStream out) throws IOException;

    /** A file of this machine, for those who carried it there. */
    static RemoteFile of(Path file) {
        return new RemoteFile() {
            @Override
            public String name() {
                return file.toString();
            }

            @Override
            public long size() throws IOException {
                return Files.size(file);
            }

            @Override
            public void read(long from, long count, OutputStream out) throws IOException {
                try (RandomAccessFile in = new RandomAccessFile(file.toFile(), "r")) {
                    in.seek(from);
                    byte[] buffer = new byte[1 << 16];
                    for (long left = count; left > 0;) {
                        int got = in.read(buffer, 0, (int) Math.min(left, buffer.length));
                        if (got < 0) {
                            throw new IOException(file + " ends " + left + " bytes early");
                        }
                        out.write(buffer, 0, got);
                        left -= got;
                    }
                }
            }
        };
    }
}
