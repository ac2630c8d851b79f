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
 * Portable float map, one channel, as MiDaS and stereo benchmarks use it: {@code Pf}, size, a scale whose sign says
 * little-endian (-1), then float32 rows <em>from bottom to top</em>.
 */
public final class PfmFile {

    private PfmFile() {
    }

    /** Writes the map, and beside it {@code <stem>.json} with its provenance. */
    public static void write(Path file, DepthMap map, Provenance provenance) {
        byte[] header = ("Pf\n" + map.width() + " " + map.height() + "\n-1.0\n").getBytes(StandardCharsets.US_ASCII);
        ByteBuffer data = ByteBuffer.allocate(Math.multiplyExact(4, map.values().length))
            .order(ByteOrder.LITTLE_ENDIAN);
        for (int y = map.height() - 1; y >= 0; y--) {
            for (int x = 0; x < map.width(); x++) {
                data.putFloat(map.values()[y * map.width() + x]);
            }
        }
        AtomicFile.replace(file, path -> {
            try (OutputStream out = Files.newOutputStream(path)) {
                out.write(header);
                out.write(data.array());
            }
        });
        Sidecar.write(file, map, provenance);
    }
}
