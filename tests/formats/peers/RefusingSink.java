import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.connect.connector.Task;
import org.apache.kafka.connect.sink.SinkConnector;
import org.apache.kafka.connect.sink.SinkRecord;
import org.apache.kafka.connect.sink.SinkTask;

/** A sink of Kafka Connect that reports every record as one that it cannot put, as a database's sink does. */
public class RefusingSink extends SinkConnector {
  private Map<String, String> settings;

  @Override
  public void start(Map<String, String> given) {
    settings = given;
  }

  @Override
  public Class<? extends Task> taskClass() {
    return RefusingTask.class;
  }

  @Override
  public List<Map<String, String>> taskConfigs(int most) {
    return Collections.singletonList(settings);
  }

  @Override
  public void stop() {}

  @Override
  public ConfigDef config() {
    return new ConfigDef();
  }

  @Override
  public String version() {
    return "1";
  }

  public static class RefusingTask extends SinkTask {
    @Override
    public void start(Map<String, String> settings) {}

    @Override
    public void put(Collection<SinkRecord> records) {
      for (SinkRecord record : records) {
        // Without a message: the header is null then.
        Throwable why = record.value() == null ? new NullPointerException(null)
            : new IllegalStateException("batch refused", new java.sql.SQLException("no such customer: 'Zoë'"));
        context.errantRecordReporter().report(record, why);
      }
    }

    @Override
    public void stop() {}

    @Override
    public String version() {
      return "1";
    }
  }
}
