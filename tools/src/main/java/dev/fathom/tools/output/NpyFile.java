package dev.fathom.tools.output;

import dev.fathom.models.depthanything.DepthMap;
import dev.fathom.nn.checkpoint.AtomicFile;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * NumPy's {@code .npy}, version 1.0, little-endian float32, [H,W]: what {@code numpy.load} reads.
 *
 * <p>Layout (numpy/lib/format.py): the bytes 93 4E 55 4D 50 59, version 1 0, a little-endian 16-bit header length, the
 * header (a Python dictionary, padded with spaces to a multiple of 64 bytes in all and ended by a newline), the data.
 */
public final class NpyFile {
    private static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0};

    private NpyFile() {
    }

    /** Writes the map, and beside it {@code <stem>.json} with its provenance. */
    public static void write(Path file, DepthMap map, Provenance provenance) {
        String dictionary = "{'descr': '<f4', 'fortran_order': False, 'shape': (" + map.height() + ", " + map.width()
            + "), }";
        int unpadded = MAGIC.length + 2 + dictionary.length() + 1;
        String header = dictionary + " ".repeat(Math.floorMod(-unpadded, 64)) + "\n";
        ByteBuffer start = ByteBuffer.allocate(MAGIC.length + 2 + header.length()).order(ByteOrder.LITTLE_ENDIAN);
        start.put(MAGIC).putShort((short) header.length()).put(header.getBytes(StandardCharsets.US_ASCII));
        ByteBuffer data = ByteBuffer.allocate(Math.multiplyExact(4, map.values().length))
            .order(ByteOrder.LITTLE_ENDIAN);
        data.asFloatBuffer().put(map.values());
        AtomicFile.replace(file, path -> {
            try (OutputStream out = Files.newOutputStream(path)) {
                out.write(start.array());
                out.write(data.array());
            }
        });
        Sidecar.write(file, map, provenance);
    }
}
