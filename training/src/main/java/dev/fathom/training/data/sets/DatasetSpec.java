package dev.fathom.training.data.sets;

import dev.fathom.engine.errors.FathomException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;

/**
 * Which data set, and where it lies: {@code NAME:PATH[,key=value]...}.
 *
 * <pre>
 * nyu-h5:/data/nyu/train
 * kitti:/data/kitti,list=eigen_test_files.txt,depth=lidar
 * </pre>
 *
 * @param format how it is laid out
 * @param path where it lies
 * @param settings the rest, by key; only keys that the format knows
 */
public record DatasetSpec(DatasetFormat format, Path path, Map<String, String> settings) {
    /** A comma that begins another setting; others belong to the path or the value. */
    private static final String NEXT = ",(?=[a-z][a-z-]*=)";

    /** Checks the keys. */
    public DatasetSpec {
        settings = Map.copyOf(settings);
        for (String key : new TreeSet<>(settings.keySet())) {
            if (!format.settings().containsKey(key)) {
                throw new FathomException("The data set " + format.name() + " has no setting '" + key + "'; "
                        + (format.settings().isEmpty() ? "it has none." : "it has "
                        + String.join(", ", format.settings().keySet()) + "."));
            }
        }
    }

    /**
     * Reads what a user typed. Nothing is opened.
     *
     * @throws FathomException if the name is none, or a setting is unknown or named twice
     */
    public static DatasetSpec parse(String text) {
        int colon = text.indexOf(':');
        if (colon < 0) {
            throw new FathomException("'" + text + "' names no kind of data set; expected NAME:PATH with NAME one of "
                    + String.join(", ", DatasetFormats.names()) + ".");
        }
        DatasetFormat format = DatasetFormats.named(text.substring(0, colon));
        List<String> parts = List.of(text.substring(colon + 1).split(NEXT));
        if (parts.getFirst().isBlank()) {
            throw new FathomException("'" + text + "' has no path; expected " + format.name() + ":PATH.");
        }
        Map<String, String> settings = new LinkedHashMap<>();
        for (String setting : parts.subList(1, parts.size())) {
            int equals = setting.indexOf('=');
            if (settings.put(setting.substring(0, equals), setting.substring(equals + 1)) != null) {
                throw new FathomException("'" + text + "' sets " + setting.substring(0, equals)
                        + " twice; expected once.");
            }
        }
        return new DatasetSpec(format, Path.of(parts.getFirst()), settings);
    }

    /** The value of a setting. */
    public Optional<String> setting(String key) {
        return Optional.ofNullable(settings.get(key));
    }

    /**
     * The value of a setting that is one of a few words.
     *
     * @param words the first is the default
     */
    public String choice(String key, String... words) {
        String value = settings.getOrDefault(key, words[0]);
        if (!List.of(words).contains(value)) {
            throw new FathomException("The data set " + format.name() + " has no " + key + "=" + value + "; expected "
                    + String.join(" or ", words) + ".");
        }
        return value;
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder(format.name()).append(':').append(path);
        new TreeSet<>(settings.keySet()).forEach(key -> text.append(',').append(key).append('=')
                .append(settings.get(key)));
        return text.toString();
    }
}
