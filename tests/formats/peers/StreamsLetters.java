import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.time.Duration;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.Serializer;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.errors.DefaultProductionExceptionHandler;
import org.apache.kafka.streams.errors.ErrorHandlerContext;
import org.apache.kafka.streams.errors.LogAndContinueExceptionHandler;
import org.apache.kafka.streams.errors.LogAndContinueProcessingExceptionHandler;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.kstream.Repartitioned;
import org.apache.kafka.streams.processor.PunctuationType;
import org.apache.kafka.streams.processor.api.ContextualProcessor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;

/**
 * A Streams application that gives up records in every place where it can, until the process is ended:
 * java StreamsLetters BROKERS PREFIX. It reads PREFIX.in; its dead letters go to PREFIX.streams-dlq.
 */
public class StreamsLetters {
  private static final ObjectMapper JSON = new ObjectMapper();

  public static void main(String[] arguments) throws InterruptedException {
    String prefix = arguments[1];
    Properties settings = new Properties();
    settings.put(StreamsConfig.APPLICATION_ID_CONFIG, prefix + "-app");
    settings.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, arguments[0]);
    settings.put(StreamsConfig.STATE_DIR_CONFIG, arguments[2]);
    settings.put("auto.offset.reset", "earliest");
    settings.put("errors.dead.letter.queue.topic.name", prefix + ".streams-dlq");
    settings.put("deserialization.exception.handler", LogAndContinueExceptionHandler.class);
    settings.put("processing.exception.handler", LogAndContinueProcessingExceptionHandler.class);
    settings.put("production.exception.handler", Continue.class);
    StreamsBuilder builder = new StreamsBuilder();
    var input = builder.stream(prefix + ".in", Consumed.with(Serdes.ByteArray(), documents()));
    input.process(Refuse::new).to(prefix + ".out", Produced.with(Serdes.ByteArray(), documents()));
    input.filter((key, value) -> what(value).equals("repartition")).selectKey((key, value) -> new byte[] {7})
        .repartition(Repartitioned.with(Serdes.ByteArray(), documents()).withName("by-seven"))
        .foreach((key, value) -> {
          throw new IllegalStateException("after the repartition");
        });
    KafkaStreams streams = new KafkaStreams(builder.build(), settings);
    streams.start();
    new CountDownLatch(1).await();
  }

  private static String what(JsonNode value) {
    return value == null ? "refuse" : value.path("what").asText("refuse");
  }

  private static Serde<JsonNode> documents() {
    Serializer<JsonNode> write = (topic, value) -> {
      if (what(value).equals("unserializable")) throw new SerializationException("cannot be written");
      return value.toString().getBytes();
    };
    Deserializer<JsonNode> read = (topic, bytes) -> {
      try {
        return bytes == null ? null : JSON.readTree(bytes);
      } catch (IOException error) {
        throw new SerializationException("no document", error);
      }
    };
    return Serdes.serdeFrom(write, read);
  }

  /** Refuses what is to be refused, makes what is too large to be sent, and fails once outside of any record. */
  private static class Refuse extends ContextualProcessor<byte[], JsonNode, byte[], JsonNode> {
    @Override
    public void init(ProcessorContext<byte[], JsonNode> context) {
      super.init(context);
      if (context.taskId().partition() != 0) return;
      var once = new org.apache.kafka.streams.processor.Cancellable[1];
      once[0] = context.schedule(Duration.ofMillis(100), PunctuationType.WALL_CLOCK_TIME, now -> {
        once[0].cancel();
        throw new IllegalStateException("outside of any record");
      });
    }

    @Override
    public void process(Record<byte[], JsonNode> record) {
      String what = what(record.value());
      if (what.equals("refuse")) {
        if (record.value() == null) throw new IllegalArgumentException();
        throw new IllegalStateException("refused", new java.sql.SQLException("no such customer: 'Zoë'"));
      }
      if (what.equals("repartition")) return;
      JsonNode value = what.equals("too_large") ? JSON.getNodeFactory().textNode("x".repeat(3 << 20)) : record.value();
      context().forward(record.withValue(value));
      // What is sent already does not take the input's bytes from the letter.
      if (what.equals("late")) throw new IllegalStateException("behind the last forward");
    }
  }

  /** The default with its dead letters, but goes on. */
  public static class Continue extends DefaultProductionExceptionHandler {
    @Override
    public Response handleError(ErrorHandlerContext context, ProducerRecord<byte[], byte[]> record, Exception error) {
      return Response.resume(super.handleError(context, record, error).deadLetterQueueRecords());
    }

    @Override
    public Response handleSerializationError(ErrorHandlerContext context, ProducerRecord record, Exception error,
        SerializationExceptionOrigin origin) {
      return Response.resume(super.handleSerializationError(context, record, error, origin).deadLetterQueueRecords());
    }
  }
}
