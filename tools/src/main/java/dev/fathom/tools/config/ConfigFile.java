package dev.fathom.tools.config;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.fathom.engine.errors.FathomException;
import dev.fathom.tools.cli.Nearest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import picocli.CommandLine;
import picocli.CommandLine.MissingParameterException;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;

/**
 * Options of a command in a YAML or JSON file ({@code --config FILE}): one key an option, by its long name without the
 * dashes.
 *
 * <pre>
 * data: nyu/train        # --data nyu/train
 * max-depth: 10          # --max-depth 10
 * flip: false            # --no-flip
 * </pre>
 *
 * <p>A file stands for words of the command line. So everything that is said about an option there holds here, what is
 * on the command line as well wins, and a command need not know where an option came from.
 */
public final class ConfigFile {
    /** The option that names a file; any command that has it takes files. */
    public static final String OPTION = "--config";
    /** Options that say something about one call, not about the run. */
    static final Set<String> OF_THE_CALL = Set.of(OPTION, "--resume", "--help", "--version", "--debug", "--debug-sync");

    /** Options that stand for one another: what the call says of one goes before what the file says of the other. */
    private static final List<Set<String>> ONE_OF = List.of(Set.of("--device", "--devices"),
            Set.of("--data", "--dataset"));

    private static final YAMLMapper MAPPER = YAMLMapper.builder(YAMLFactory.builder().build())
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS).build();

    private final Path file;
    private final CommandSpec command;

    private ConfigFile(Path file, CommandSpec command) {
        this.file = file;
        this.command = command;
    }

    /**
     * The words of a call with those of its {@code --config} file added; the words as they are if it names none.
     *
     * @param line the whole program, {@code words} a call of one of its commands
     * @throws FathomException if the file cannot be read, or holds what the command does not take
     */
    public static String[] expand(CommandLine line, String... words) {
        CommandLine command = line;
        for (String word : words) {
            command = command.getSubcommands().getOrDefault(word, command);
        }
        String file = value(words);
        if (file == null || command.getCommandSpec().findOption(OPTION) == null) {
            return words;
        }
        List<String> all = new ArrayList<>(List.of(words));
        all.addAll(new ConfigFile(Path.of(file), command.getCommandSpec()).words(words));
        return all.toArray(String[]::new);
    }

    private static String value(String... words) {
        for (int i = 0; i < words.length; i++) {
            if (words[i].startsWith(OPTION + "=")) {
                return words[i].substring(OPTION.length() + 1);
            }
            if (words[i].equals(OPTION) && i + 1 < words.length) {
                return words[i + 1];
            }
        }
        return null;
    }

    /** The file's words, without those of options that the call names itself. */
    private List<String> words(String... call) {
        Set<OptionSpec> named = new HashSet<>();
        for (String word : call) {
            String name = word.split("=", 2)[0];
            OptionSpec option = command.optionsMap().get(name);
            option = option == null ? command.negatedOptionsMap().get(name) : option;
            if (option != null) {
                named.add(option);
                ONE_OF.stream().filter(same -> same.contains(name)).flatMap(Set::stream)
                        .map(command.optionsMap()::get).filter(Objects::nonNull).forEach(named::add);
            }
        }
        List<String> words = new ArrayList<>();
        for (Map.Entry<String, JsonNode> setting : read().properties()) {
            OptionSpec option = option(setting.getKey());
            List<String> own = words(option, setting.getKey(), setting.getValue());
            own.forEach(word -> check(setting.getKey(), word));
            if (!named.contains(option)) {
                words.addAll(own);
            }
        }
        return words;
    }

    private ObjectNode read() {
        if (!Files.isRegularFile(file)) {
            throw new FathomException("There is no file " + file + " to take settings from; check --config.");
        }
        JsonNode root;
        try {
            root = MAPPER.readTree(Files.readString(file));
        } catch (JsonProcessingException e) {
            String where = e.getLocation() == null ? "" : ", line " + e.getLocation().getLineNr();
            throw new FathomException(file + where + " is neither YAML nor JSON ("
                    + e.getOriginalMessage().lines().findFirst().orElse("no reason given").strip()
                    + "); expected one 'option: value' a line, as config.yaml of a run has them.", e);
        } catch (IOException e) {
            throw new FathomException(file + " cannot be read (" + e + "); check --config.", e);
        }
        if (root.isMissingNode() || root.isNull()) {
            return MAPPER.createObjectNode();
        }
        if (root instanceof ObjectNode settings) {
            return settings;
        }
        throw new FathomException(file + " holds no settings; expected one 'option: value' a line, as config.yaml of a"
                + " run has them.");
    }

    private OptionSpec option(String key) {
        OptionSpec option = command.optionsMap().get("--" + key);
        if (option == null || OF_THE_CALL.contains("--" + key)) {
            Set<String> known = new TreeSet<>();
            command.optionsMap().keySet().stream().filter(o -> o.startsWith("--") && !OF_THE_CALL.contains(o))
                    .forEach(o -> known.add(o.substring(2)));
            throw new FathomException(file + ": " + (option == null ? "there is no setting '" : "'") + key
                    + (option == null ? "' of " : "' belongs on the command line, not into the settings of ")
                    + command.qualifiedName() + "; "
                    + Nearest.to(key.replace('_', '-'), known).map(near -> "the nearest is '" + near + "'.")
                            .orElse("'" + command.qualifiedName() + " --help' lists what there is, without the dashes."));
        }
        return option;
    }

    private List<String> words(OptionSpec option, String key, JsonNode value) {
        if (value.isArray() && option.isMultiValue()) {
            List<String> words = new ArrayList<>();
            value.forEach(item -> words.addAll(words(option, key, item)));
            return words;
        }
        boolean empty = value.isNull() || value.isTextual() && value.asText().isBlank();
        if (!value.isValueNode() || empty) {
            throw new FathomException(file + ": '" + key + "' is " + (empty ? "empty"
                    : value.isArray() ? "a list" : "a group of settings") + "; expected one value.");
        }
        if (option.arity().max() > 0 && !(option.typeInfo().isBoolean() && value.isBoolean())) {
            return List.of("--" + key + "=" + value.asText());
        }
        if (!value.isBoolean()) {
            throw new FathomException(file + ": '" + key + "' is '" + value.asText() + "'; expected true or false.");
        }
        if (value.asBoolean()) {
            return List.of("--" + key);
        }
        return option.negatable() ? List.of("--no-" + key) : List.of();
    }

    /** Lets a fresh command read one word alone, so that a wrong value is found with the file's name at hand. */
    private void check(String key, String word) {
        CommandLine probe = new CommandLine(command.userObject().getClass());
        probe.setCaseInsensitiveEnumValuesAllowed(true);
        try {
            probe.parseArgs(word);
        } catch (MissingParameterException othersAreMissing) {
            // As they must be: this word is read alone, and it was read.
            assert othersAreMissing.getMissing().stream().noneMatch(arg -> arg instanceof OptionSpec option
                    && List.of(option.names()).contains("--" + key));
        } catch (ParameterException e) {
            throw new FathomException(file + ": '" + key + "': "
                    + e.getMessage().replaceFirst("^Invalid value for option '[^']*'( \\([^)]*\\))?: ", "") + ".", e);
        }
    }
}
