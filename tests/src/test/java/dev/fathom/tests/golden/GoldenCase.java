package dev.fathom.tests.golden;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.StreamSupport;

/**
 * A golden case: one computation of the original PyTorch code in float64, with inputs that a formula rebuilds.
 *
 * @param folder where its files are
 * @param name   the case's name
 * @param op     what ran: a torch function's name, or {@code mod_*} for an original module, {@code loss_*} for a loss
 * @param args   its arguments under torch's names
 * @param inputs  inputs and, for modules, parameters (named {@code p:...})
 * @param outputs results and gradients (named {@code grad_INPUT})
 */
public record GoldenCase(Golden folder, String name, String op, JsonNode args, List<Input> inputs,
        List<Output> outputs) {

    /**
     * @param name   input name
     * @param shape  extents in PyTorch's layout
     * @param mask   whether it is a mask rather than floats
     * @param grad   whether the original asked for its gradient
     * @param values all values, widened; a mask as 0 and 1
     */
    public record Input(String name, int[] shape, boolean mask, boolean grad, double[] values) {
    }

    /**
     * @param name     result name
     * @param shape    extents in PyTorch's layout
     * @param tolAbs   limit of the largest deviation; 0 asks for equal bits
     * @param tolRms   limit of the root mean square deviation
     * @param upstream the gradient that was fed into it; null for gradients and for results nothing flowed into
     * @param expected the float64 result, rounded once to float32
     */
    public record Output(String name, int[] shape, double tolAbs, double tolRms, double[] upstream, double[] expected) {
    }

    /** Reads {@code golden/GROUP/NAME/case.json}, rebuilds its inputs and checks their hashes. */
    public static GoldenCase read(String group, String name) {
        Golden folder = new Golden(group + "/" + name);
        JsonNode json = folder.json();
        List<Input> inputs = StreamSupport.stream(json.get("inputs").spliterator(), false).map(GoldenCase::input)
                .toList();
        List<Output> outputs = new ArrayList<>();
        json.get("outputs").forEach(o -> outputs.add(output(folder, o)));
        return new GoldenCase(folder, name, json.get("op").asText(), json.get("args"), inputs, outputs);
    }

    public Input input(String wanted) {
        return inputs.stream().filter(i -> i.name.equals(wanted)).findFirst()
                .orElseThrow(() -> new IllegalArgumentException(name + " has no input " + wanted));
    }

    private static Input input(JsonNode json) {
        String name = json.get("name").asText();
        String key = json.get("formula").asText();
        int[] shape = ints(json.get("shape"));
        int count = IntStream.of(shape).reduce(1, Math::multiplyExact);
        boolean mask = json.path("kind").asText().equals("mask");
        double[] values = new double[count];
        ByteBuffer bytes = ByteBuffer.allocate(mask ? count : 4 * count).order(ByteOrder.LITTLE_ENDIAN);
        if (mask) {
            boolean[] m = Formula.mask(key, count, json.get("p").asDouble());
            for (int i = 0; i < count; i++) {
                values[i] = m[i] ? 1 : 0;
                bytes.put((byte) values[i]);
            }
        } else {
            float[] f = Formula.floats(key, count, json.get("scale").asDouble(), json.get("offset").asDouble());
            for (int i = 0; i < count; i++) {
                values[i] = f[i];
                bytes.putFloat(f[i]);
            }
        }
        String hash = sha256(bytes.array());
        if (!hash.equals(json.get("sha256").asText())) {
            throw new IllegalStateException("input " + key + " rebuilt by the formula has sha256 " + hash
                    + ", the case says "
                    + json.get("sha256").asText());
        }
        boolean parameter = json.path("kind").asText().equals("param");
        return new Input(name, shape, mask, parameter || json.path("grad").asBoolean(), values);
    }

    private static Output output(Golden folder, JsonNode json) {
        int[] shape = ints(json.get("shape"));
        double[] expected = folder.npy(json.get("file").asText()).doubles();
        double[] upstream = null;
        if (json.has("upstream")) {
            String text = json.get("upstream").asText();
            upstream = new double[expected.length];
            String formula = text.endsWith(" (scale 1, offset 0)") ? text.substring(0, text.indexOf(' ')) : null;
            if (formula == null && !text.equals("ones")) {
                throw new IllegalStateException(folder + ": cannot read upstream '" + text + "'");
            }
            float[] f = formula == null ? null : Formula.floats(formula, upstream.length, 1, 0);
            for (int i = 0; i < upstream.length; i++) {
                upstream[i] = f == null ? 1 : f[i];
            }
        }
        return new Output(json.get("name").asText(), shape, json.get("tol_abs").asDouble(),
                json.path("tol_rms").asDouble(), upstream, expected);
    }

    private static int[] ints(JsonNode array) {
        return StreamSupport.stream(array.spliterator(), false).mapToInt(JsonNode::asInt).toArray();
    }

    private static String sha256(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
