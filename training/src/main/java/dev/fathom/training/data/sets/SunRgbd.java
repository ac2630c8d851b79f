package dev.fathom.training.data.sets;

import dev.fathom.engine.errors.FathomException;
import dev.fathom.models.camera.Intrinsics;
import dev.fathom.models.image.Picture;
import dev.fathom.models.image.PictureReader;
import dev.fathom.training.data.DepthDataset;
import dev.fathom.training.data.DepthSample;
import dev.fathom.training.data.FrameException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * SUN RGB-D as it is unpacked: a folder a frame ({@code kv1/NYUdata/NYU0001}) with {@code image/*.jpg}, {@code
 * depth/*.png} (as measured), {@code depth_bfx/*.png} (holes filled) and {@code intrinsics.txt} (3 x 3).
 *
 * <p>Depth is a 16-bit PNG of millimetres, each number rotated left by 3 bits; read as it stands it is eight times too
 * far and wraps. The authors' tools call everything beyond 8 m 8 m; here it stays what it is.
 */
final class SunRgbd {
    static final DatasetFormat FORMAT = new DatasetFormat("sunrgbd",
            "SUN RGB-D: a folder a frame with image, depth or depth_bfx (PNG of bit-rotated millimetres) and"
            + " intrinsics.txt", settings(), SunRgbd::open);

    private static final double PER_METRE = 1000;

    private SunRgbd() {
    }

    private static Map<String, String> settings() {
        Map<String, String> settings = new LinkedHashMap<>();
        settings.put("depth", "depth_bfx (default, holes filled by the authors) or depth (as measured)");
        settings.put("list", "a text file with a frame's folder in each line; otherwise every frame found");
        return settings;
    }

    static DepthDataset open(DatasetSpec spec) {
        String depth = spec.choice("depth", "depth_bfx", "depth");
        List<PairedDataset.Pair> pairs = new ArrayList<>();
        for (Path scene : spec.setting("list").isPresent() ? listed(spec) : found(spec.path())) {
            pairs.add(new PairedDataset.Pair(only(scene.resolve("image"), ".jpg", ".png"),
                    only(scene.resolve(depth), ".png")));
        }
        return new PairedDataset(spec, pairs, SunRgbd::read);
    }

    private static List<Path> found(Path root) {
        return PairedDataset.find(root, below -> below.equals("intrinsics.txt") || below.endsWith("/intrinsics.txt"))
                .stream().map(Path::getParent).toList();
    }

    private static List<Path> listed(DatasetSpec spec) {
        FileList list = new FileList(spec, "list");
        FileList.Root scenes = list.root(spec.path(), 0);
        return list.lines().stream().map(line -> scenes.path(line[0])).toList();
    }

    /** The picture of a folder; where there is none, a name that says so when the frame is read. */
    private static Path only(Path folder, String... endings) {
        Predicate<String> picture = below -> !below.contains("/") && List.of(endings).stream().anyMatch(below::endsWith);
        List<Path> pictures = Files.isDirectory(folder) ? PairedDataset.find(folder, picture) : List.of();
        if (pictures.size() > 1) {
            throw new FathomException("The folder " + folder + " holds " + pictures.size()
                    + " pictures: expected one, that of the frame.");
        }
        return pictures.isEmpty() ? folder.resolve("*" + endings[0]) : pictures.getFirst();
    }

    /** What a stored number means, in millimetres: it is rotated right by 3 bits of 16. */
    static int millimetres(int stored) {
        return (stored >> 3 | stored << 13) & 0xFFFF;
    }

    private static DepthSample read(PairedDataset.Pair pair) {
        Picture picture = FrameFiles.picture(pair.image());
        PictureReader.Gray16 stored = FrameFiles.gray16(pair.depth());
        float[] metres = new float[stored.values().length];
        for (int i = 0; i < metres.length; i++) {
            metres[i] = (float) (millimetres(stored.values()[i] & 0xFFFF) / PER_METRE);
        }
        return FrameFiles.sample(pair.image(), picture, pair.depth(),
                new FrameFiles.Depth(stored.width(), stored.height(), metres),
                Optional.of(camera(pair.depth().getParent().resolveSibling("intrinsics.txt"))));
    }

    private static Intrinsics camera(Path file) {
        String[] words = FrameFiles.text(file).strip().split("\\s+");
        try {
            if (words.length != 9) {
                throw new NumberFormatException(words.length + " words");
            }
            return new Intrinsics(Double.parseDouble(words[0]), Double.parseDouble(words[4]),
                    Double.parseDouble(words[2]), Double.parseDouble(words[5]));
        } catch (NumberFormatException e) {
            throw new FrameException(FrameException.Fault.DAMAGED, "The file " + file + " holds '"
                    + String.join(" ", words) + "': expected the 9 numbers of a 3 x 3 camera matrix.", e);
        }
    }
}
