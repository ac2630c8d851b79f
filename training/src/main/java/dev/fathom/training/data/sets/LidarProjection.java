package dev.fathom.training.data.sets;

import dev.fathom.training.data.FrameException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Laser points seen by a camera: the true depth of KITTI's Eigen split, as in the public evaluation of Monodepth2 and of
 * those before it.
 *
 * <p>A scan ({@code velodyne_points/data/0000000069.bin}) is float32 (x forward, y left, z up, reflectance), metres,
 * little-endian. Points behind the scanner (x below 0) are left out. A point lands in column round(u) - 1 and row
 * round(v) - 1, half to even: the "minus 1" is KITTI's own Matlab code, counting from 1. Where several points land in a
 * pixel the nearest stays.
 */
final class LidarProjection {
    private static final int POINT_BYTES = 16;

    private LidarProjection() {
    }

    /**
     * Reads a scan and projects it.
     *
     * @param forward the depth of a point: its distance in front of the scanner (what published Eigen numbers are
     *                measured against), or else in front of the camera, some 27 cm less
     * @return metres, 0 where no point lands
     */
    static FrameFiles.Depth project(Path scan, KittiCalibration calibration, boolean forward) {
        FloatBuffer points = read(scan);
        double[] p = calibration.laserToPixels();
        int width = calibration.width();
        int height = calibration.height();
        float[] metres = new float[width * height];
        while (points.hasRemaining()) {
            double x = points.get();
            double y = points.get();
            double z = points.get();
            points.get();
            double w = p[8] * x + p[9] * y + p[10] * z + p[11];
            // Behind the camera although before the scanner: no pixel sees it.
            if (!(x >= 0 && w > 0)) {
                continue;
            }
            double column = Math.rint((p[0] * x + p[1] * y + p[2] * z + p[3]) / w) - 1;
            double row = Math.rint((p[4] * x + p[5] * y + p[6] * z + p[7]) / w) - 1;
            if (column >= 0 && row >= 0 && column < width && row < height) {
                int at = (int) row * width + (int) column;
                float depth = (float) (forward ? x : w);
                metres[at] = metres[at] == 0 ? depth : Math.min(metres[at], depth);
            }
        }
        return new FrameFiles.Depth(width, height, metres);
    }

    private static FloatBuffer read(Path scan) {
        byte[] bytes;
        try {
            bytes = Files.readAllBytes(scan);
        } catch (IOException e) {
            throw new FrameException(Files.exists(scan) ? FrameException.Fault.UNREADABLE : FrameException.Fault.MISSING,
                    "The laser scan " + scan + " cannot be read (" + e.getClass().getSimpleName()
                    + "): unpack velodyne_points too, or check permissions.", e);
        }
        if (bytes.length == 0 || bytes.length % POINT_BYTES != 0) {
            throw new FrameException(FrameException.Fault.DAMAGED, "The laser scan " + scan + " has " + bytes.length
                    + " bytes, but a point takes " + POINT_BYTES + ": it is torn, unpack it again.", null);
        }
        return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer();
    }
}
