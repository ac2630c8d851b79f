package dev.fathom.tests.doctor;

import dev.fathom.engine.numeric.Philox;
import dev.fathom.models.camera.Intrinsics;
import dev.fathom.models.image.Picture;
import dev.fathom.training.data.DepthDataset;
import dev.fathom.training.data.DepthSample;
import java.util.Optional;

/**
 * Streets as a car sees them: a road, blocks left and right, things on the road, a sky; depth as KITTI's maps have it,
 * in rows of laser points in the lower two thirds, up to 80 m, nothing in the sky.
 *
 * @param count how many
 * @param width pixels
 * @param height pixels
 * @param dense whether every pixel below the sky has a depth
 */
record Street(int count, int width, int height, boolean dense) implements DepthDataset {
    private static final double CAMERA = 1.65;
    private static final double FARTHEST = 80;

    /** A block in metres, seen from the front. */
    private record Block(double left, double right, double top, double near, double far, int shade) {
    }

    @Override
    public int size() {
        return count;
    }

    @Override
    public String name(int index) {
        return "street_" + index;
    }

    @Override
    public DepthSample sample(int index) {
        Philox random = new Philox(77, index, 0, 0);
        Block[] blocks = new Block[16];
        for (int i = 0; i < blocks.length; i++) {
            double near = random.nextDouble(6, 60);
            double side = i < 10 ? (i % 2 == 0 ? -1 : 1) * random.nextDouble(6, 14) : random.nextDouble(-5, 5);
            double half = i < 10 ? random.nextDouble(1, 4) : random.nextDouble(0.3, 1);
            blocks[i] = new Block(side - half, side + half, i < 10 ? random.nextDouble(2, 9) : random.nextDouble(1,
                    2.2),
                    near, near + random.nextDouble(1, 12), 40 + random.nextInt(150));
        }
        Picture picture = Picture.blank(width, height);
        float[] depth = new float[width * height];
        double focal = 0.58 * width;
        double horizon = height * random.nextDouble(0.42, 0.5);
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                double u = (x + 0.5 - width / 2.0) / focal;
                double v = (y + 0.5 - horizon) / focal;
                double z = v > 1e-6 ? CAMERA / v : Double.MAX_VALUE;
                int shade = z < FARTHEST * 4 ? 95 : 215;
                for (Block block : blocks) {
                    double front = enters(block, u, v);
                    if (front < z) {
                        z = front;
                        shade = block.shade;
                    }
                }
                int noise = random.nextInt(13) - 6;
                for (int c = 0; c < 3; c++) {
                    picture.rgb()[3 * (y * width + x) + c] = (byte) Math.clamp(shade + noise + 4L * c, 0, 255);
                }
                boolean laser = dense || y > height / 3 && y % 2 == 0 && random.nextInt(3) == 0;
                // As in KITTI's files: metres times 256, a whole number.
                depth[y * width + x] = laser && z < FARTHEST ? Math.round(z * 256) / 256f : 0;
            }
        }
        return new DepthSample(name(index), picture, depth, 0, Optional.of(new Intrinsics(focal, focal,
                width / 2.0 - 0.5,
                horizon - 0.5)));
    }

    /** Where the ray (u, v, 1) enters a block, metres along Z. */
    private static double enters(Block block, double u, double v) {
        double low = block.near;
        double high = block.far;
        double[] slope = {u, v};
        double[] from = {block.left, CAMERA - block.top};
        double[] to = {block.right, CAMERA};
        for (int i = 0; i < 2; i++) {
            double a = from[i] / slope[i];
            double b = to[i] / slope[i];
            low = Math.max(low, Math.min(a, b));
            high = Math.min(high, Math.max(a, b));
        }
        return low < high ? low : Double.MAX_VALUE;
    }
}
