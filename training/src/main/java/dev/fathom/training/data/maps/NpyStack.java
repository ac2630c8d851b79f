package dev.fathom.training.data.maps;

import dev.fathom.training.data.FrameException;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * Many maps of one size in a .npy file, [N,H,W] in C order, as Monodepth2 saves its disparities: read one at a time.
 */
public final class NpyStack {
    /** More than any header is long. */
    private static final int HEAD = 1 << 16;

    private final Path file;
    private final NpyArray header;
    private final PlaneShape shape;
    private final long start;
    private final long bytes;

    private NpyStack(Path file, NpyArray header, long start) {
        this.file = file;
        this.header = header;
        this.shape = PlaneShape.of(file, Arrays.copyOfRange(header.axes(), 1, header.axes().length));
        this.start = start;
        this.bytes = (long) header.elementBytes() * shape.size();
    }

    /**
     * Reads the header.
     *
     * @throws FrameException one sentence, if this is no such file
     */
    public static NpyStack open(Path file) {
        try (FileChannel channel = FileChannel.open(file)) {
            byte[] head = read(channel, file, 0, (int) Math.min(HEAD, channel.size()));
            NpyArray header = NpyArray.of(file.toString(), head);
            if (header.axes().length < 3 || header.axes()[0] > Integer.MAX_VALUE || header.fortran()) {
                throw MapFile.layout(file, "an array of shape " + Arrays.toString(header.axes()) + (header.fortran()
                        ? " in Fortran order" : ""), "one of shape [N,H,W] in C order, a map for each picture");
            }
            NpyStack stack = new NpyStack(file, header, head.length - header.data().capacity());
            if (channel.size() < stack.start + stack.bytes * stack.size()) {
                throw MapFile.damaged(file, "it ends before its last map", null);
            }
            return stack;
        } catch (IOException e) {
            throw unreadable(file, e);
        }
    }

    /** N. */
    public int size() {
        return (int) header.axes()[0];
    }

    /** Map {@code k}, from 0. */
    public RawMap map(int k) {
        try (FileChannel channel = FileChannel.open(file)) {
            byte[] numbers = read(channel, file, start + k * bytes, Math.toIntExact(bytes));
            return new NpyArray(file + "[" + k + "]", header.type(), false, new long[] {shape.height(), shape.width()},
                    ByteBuffer.wrap(numbers)).map();
        } catch (IOException e) {
            throw unreadable(file, e);
        }
    }

    private static byte[] read(FileChannel channel, Path file, long from, int length) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(length);
        while (buffer.hasRemaining()) {
            if (channel.read(buffer, from + buffer.position()) < 0) {
                throw new EOFException(file + " has become shorter");
            }
        }
        return buffer.array();
    }

    private static FrameException unreadable(Path file, IOException e) {
        return new FrameException(FrameException.Fault.UNREADABLE, "The maps " + file + " cannot be read ("
                + e.getClass().getSimpleName() + "): check the permissions, and the disk.", e);
    }

    /** Whether the file may be one: by its ending. */
    public static boolean recognises(Path file) {
        return file.toString().endsWith(".npy") && Files.isRegularFile(file);
    }
}
