package dev.fathom.training.data.sets;

import dev.fathom.models.camera.Intrinsics;
import dev.fathom.models.image.Picture;
import dev.fathom.training.data.DepthDataset;
import dev.fathom.training.data.DepthSample;
import dev.fathom.training.data.FrameException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Virtual KITTI 2 as it is unpacked: {@code vkitti_2.0.3_depth/Scene01/clone/frames/depth/Camera_0/depth_00000.png} and
 * the same with rgb (JPEG); or both in one tree {@code Scene01/clone/frames/{rgb,depth}}.
 *
 * <p>Depth is a 16-bit PNG in centimetres along Z. The sky stands at the largest number, 655.35 m, which is no
 * measurement: it becomes a hole. (Depth Anything V2's loader reaches the same by its bound of 80 m.) The camera is in
 * {@code vkitti_2.0.3_textgt/Scene01/clone/intrinsic.txt}, if that has been unpacked too.
 */
final class Vkitti2 {
    static final DatasetFormat FORMAT = new DatasetFormat("vkitti2",
            "Virtual KITTI 2: Scene*/*/frames/rgb and depth below vkitti_2.0.3_rgb and vkitti_2.0.3_depth (or in one"
            + " tree), depth as 16-bit PNG in centimetres; the sky is a hole",
            Map.of("list", "a text file with 'rgb depth' in each line; otherwise every depth map found"), Vkitti2::open);

    private static final double PER_METRE = 100;
    /** 65535 centimetres. */
    private static final float SKY = 655.35f;
    private static final Pattern DEPTH = Pattern.compile("(?:(.*/|)(vkitti_[^/]*)_depth/)?(.*)frames/depth/Camera_(\\d+)/"
            + "depth_(\\d+)\\.png");

    private final Path root;
    private final Map<Path, Map<String, Intrinsics>> cameras = new ConcurrentHashMap<>();

    private Vkitti2(Path root) {
        this.root = root;
    }

    static DepthDataset open(DatasetSpec spec) {
        Vkitti2 set = new Vkitti2(spec.path());
        List<PairedDataset.Pair> pairs = spec.setting("list").isPresent() ? PairedDataset.listed(spec) : set.found();
        return new PairedDataset(spec, pairs, set::read);
    }

    private List<PairedDataset.Pair> found() {
        List<PairedDataset.Pair> pairs = new ArrayList<>();
        for (Path depth : PairedDataset.find(root, below -> DEPTH.matcher(below).matches())) {
            Matcher parts = match(depth).orElseThrow();
            Path image = tree(parts, "_rgb").resolve("frames/rgb/Camera_" + parts.group(4) + "/rgb_" + parts.group(5)
                    + ".jpg");
            pairs.add(new PairedDataset.Pair(FileList.present(image), depth));
        }
        return pairs;
    }

    private Optional<Matcher> match(Path depth) {
        Matcher parts = DEPTH.matcher(PairedDataset.below(root, depth));
        return parts.matches() ? Optional.of(parts) : Optional.empty();
    }

    /** The folder of a scene's variant in the archive of this ending. */
    private Path tree(Matcher parts, String archive) {
        String above = parts.group(2) == null ? "" : parts.group(1) + parts.group(2) + archive + "/";
        return root.resolve(above + parts.group(3));
    }

    private DepthSample read(PairedDataset.Pair pair) {
        Picture picture = FrameFiles.picture(pair.image());
        FrameFiles.Depth depth = FrameFiles.gray16(pair.depth(), PER_METRE);
        float[] metres = depth.metres();
        for (int i = 0; i < metres.length; i++) {
            metres[i] = metres[i] == SKY ? 0 : metres[i];
        }
        return FrameFiles.sample(pair.image(), picture, pair.depth(), depth, camera(pair.depth()));
    }

    private Optional<Intrinsics> camera(Path depth) {
        return match(depth).flatMap(parts -> {
            Path file = tree(parts, "_textgt").resolve("intrinsic.txt");
            return !Files.exists(file) ? Optional.empty() : Optional.ofNullable(cameras.computeIfAbsent(file,
                    Vkitti2::cameras).get(Integer.parseInt(parts.group(5)) + " " + Integer.parseInt(parts.group(4))));
        });
    }

    /** Lines {@code frame cameraID K[0,0] K[1,1] K[0,2] K[1,2]} below a heading; by "frame camera". */
    private static Map<String, Intrinsics> cameras(Path file) {
        Map<String, Intrinsics> cameras = new HashMap<>();
        FrameFiles.text(file).lines().skip(1).filter(line -> !line.isBlank()).forEach(line -> {
            String[] fields = line.strip().split("\\s+");
            try {
                cameras.put(Integer.parseInt(fields[0]) + " " + Integer.parseInt(fields[1]),
                        new Intrinsics(Double.parseDouble(fields[2]), Double.parseDouble(fields[3]),
                        Double.parseDouble(fields[4]), Double.parseDouble(fields[5])));
            } catch (NumberFormatException | ArrayIndexOutOfBoundsException e) {
                throw new FrameException(FrameException.Fault.DAMAGED, "The file " + file + " has the line '" + line
                        + "': expected frame, camera, fx, fy, cx and cy.", e);
            }
        });
        return cameras;
    }
}
