package dev.fathom.tools.config;

import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.fathom.nn.checkpoint.AtomicFile;
import dev.fathom.nn.checkpoint.ContentHash;
import dev.fathom.tools.cli.DatasetText;
import dev.fathom.tools.cli.Machine;
import dev.fathom.tools.cli.Version;
import dev.fathom.tools.output.JsonFile;
import dev.fathom.training.data.DepthDataset;
import dev.fathom.training.data.MixedDataset;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * What a run was made under, in its folder: {@code config.yaml}, every option with its value, which {@code --config}
 * takes to repeat the run; and {@code about.json}, what the options cannot say: program, machine, data, weights.
 */
public final class RunRecord {
    /** The file of settings. */
    public static final String CONFIG = "config.yaml";
    /** The file of circumstances. */
    public static final String ABOUT = "about.json";

    private RunRecord() {
    }

    /**
     * Writes both files.
     *
     * @param command the command with its options set
     * @param folder of the run
     * @param weights what the run starts from, or null
     * @param data the data sets by what they are for
     */
    public static void write(CommandSpec command, Path folder, Path weights, Map<String, DepthDataset> data) {
        String settings = "# " + Version.line() + ". To repeat this run: tools/" + command.qualifiedName()
                + " --config THIS_FILE --outdir ANOTHER_FOLDER\n" + yaml(settings(command));
        replace(folder.resolve(CONFIG), settings);
        Map<String, Object> about = new LinkedHashMap<>();
        about.put("started", Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
        about.put("machine", Machine.look().facts());
        if (weights != null) {
            about.put("weights", Map.of("file", weights.toAbsolutePath().toString(), "sha256",
                    ContentHash.of(weights).hex()));
        }
        Map<String, Object> sets = new LinkedHashMap<>();
        data.forEach((use, set) -> {
            sets.put(use, facts(set));
        });
        about.put("data", sets);
        JsonFile.write(folder.resolve(ABOUT), about);
    }

    private static Map<String, Object> facts(DepthDataset set) {
        Map<String, Object> facts = new LinkedHashMap<>();
        facts.put("frames", set.size());
        facts.put("fingerprint", set.fingerprint());
        if (set instanceof MixedDataset mixed) {
            List<Map<String, Object>> parts = new ArrayList<>();
            for (int i = 0; i < mixed.parts().size(); i++) {
                MixedDataset.Part part = mixed.parts().get(i);
                Map<String, Object> own = new LinkedHashMap<>(Map.of("name", part.name()));
                own.putAll(facts(part.data()));
                if (!Double.isNaN(part.weight())) {
                    own.put("weight", part.weight());
                    own.put("frames_an_epoch", mixed.mixture().orElseThrow().shares().get(i).draws());
                }
                parts.add(own);
            }
            facts.put("sets", parts);
        }
        return facts;
    }

    /** Every option that decides about the run, by its long name, with its value. */
    static Map<String, Object> settings(CommandSpec command) {
        Map<String, Object> settings = new LinkedHashMap<>();
        for (OptionSpec option : command.options()) {
            Object value = option.getValue();
            String name = option.longestName();
            if (value == null || option.inherited() || ConfigFile.OF_THE_CALL.contains(name)
                    || name.equals("--outdir")) {
                continue;
            }
            settings.put(name.substring(2), setting(value));
        }
        return settings;
    }

    private static Object setting(Object value) {
        return switch (value) {
            // The run may be repeated from another folder.
            case DatasetText data -> data.absolute().toString();
            case Path path -> path.toAbsolutePath().normalize().toString();
            case Enum<?> choice -> choice.toString().toLowerCase(Locale.ROOT);
            case Float number -> Double.valueOf(number.toString());
            case List<?> one when one.size() == 1 && one.getFirst() instanceof DatasetText -> setting(one.getFirst());
            case List<?> several -> several.stream().map(RunRecord::setting).toList();
            default -> value;
        };
    }

    private static String yaml(Map<String, Object> settings) {
        try {
            return YAMLMapper.builder().enable(YAMLGenerator.Feature.MINIMIZE_QUOTES)
                    .disable(YAMLGenerator.Feature.WRITE_DOC_START_MARKER).build().writeValueAsString(settings);
        } catch (IOException e) {
            throw new IllegalStateException("a map of strings and numbers cannot fail to become YAML", e);
        }
    }

    private static void replace(Path file, String text) {
        AtomicFile.replace(file, temporary -> Files.writeString(temporary, text));
    }
}
