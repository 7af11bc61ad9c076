import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.IntegerDeserializer;
import org.apache.kafka.common.serialization.IntegerSerializer;
import org.apache.kafka.common.serialization.Serializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.kafka.annotation.EnableKafka;
import org.springframework.kafka.annotation.EnableKafkaRetryTopic;
import org.springframework.kafka.annotation.KafkaListener;
import org.springframework.kafka.config.ConcurrentKafkaListenerContainerFactory;
import org.springframework.kafka.core.DefaultKafkaConsumerFactory;
import org.springframework.kafka.core.DefaultKafkaProducerFactory;
import org.springframework.kafka.core.KafkaAdmin;
import org.springframework.kafka.core.KafkaTemplate;
import org.springframework.kafka.listener.DeadLetterPublishingRecoverer;
import org.springframework.kafka.listener.DefaultErrorHandler;
import org.springframework.kafka.retrytopic.RetryTopicConfiguration;
import org.springframework.kafka.retrytopic.RetryTopicConfigurationBuilder;
import org.springframework.kafka.support.serializer.DelegatingByTypeSerializer;
import org.springframework.kafka.support.serializer.ErrorHandlingDeserializer;
import org.springframework.kafka.support.serializer.JsonDeserializer;
import org.springframework.kafka.support.serializer.JsonSerializer;
import org.springframework.scheduling.TaskScheduler;
import org.springframework.scheduling.concurrent.ThreadPoolTaskScheduler;
import org.springframework.util.backoff.FixedBackOff;

/**
 * Listeners of Spring Kafka that fail at whatever they are given, until the process is ended:
 * java SpringLetters BROKERS PREFIX. PREFIX.plain and its dead letters go to PREFIX.plain-dlt and
 * PREFIX.plain-dlt-dlt, PREFIX.numbers (keys are integers) to PREFIX.numbers-dlt, PREFIX.retried through retry topics.
 */
public class SpringLetters {
  private static String brokers;
  private static String prefix;

  public static void main(String[] arguments) throws InterruptedException {
    brokers = arguments[0];
    prefix = arguments[1];
    System.setProperty("letters.prefix", prefix);
    try (var context = new AnnotationConfigApplicationContext(Settings.class)) {
      new CountDownLatch(1).await();
    }
  }

  /** What the listeners know of a record; other members are dropped. */
  public static class Order {
    public int id;
    public String name;
  }

  public static class Refused extends RuntimeException {
    Refused(Throwable cause) {
      super(cause == null ? null : "order refused", cause);
    }
  }

  @Configuration
  @EnableKafka
  @EnableKafkaRetryTopic
  public static class Settings {
    private static ConcurrentKafkaListenerContainerFactory<Object, Object> factory(Deserializer<?> key) {
      Map<String, Object> settings = new HashMap<>();
      settings.put(ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, brokers);
      settings.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
      settings.put(ConsumerConfig.METADATA_MAX_AGE_CONFIG, 2000);
      JsonDeserializer<Object> value = new JsonDeserializer<>((Class<Object>) (Class<?>) Order.class, false);
      var made = new ConcurrentKafkaListenerContainerFactory<Object, Object>();
      made.setConsumerFactory(new DefaultKafkaConsumerFactory<Object, Object>(settings,
          new ErrorHandlingDeserializer<Object>((Deserializer<Object>) key), new ErrorHandlingDeserializer<>(value)));
      return made;
    }

    private static DefaultErrorHandler recoverer(KafkaTemplate<Object, Object> template) {
      return new DefaultErrorHandler(new DeadLetterPublishingRecoverer(template), new FixedBackOff(0, 0));
    }

    private static Serializer<Object> byType() {
      Map<Class<?>, Serializer<?>> made = new LinkedHashMap<>();
      made.put(byte[].class, new ByteArraySerializer());
      made.put(String.class, new StringSerializer());
      made.put(Integer.class, new IntegerSerializer());
      made.put(Order.class, new JsonSerializer<>());
      return (Serializer<Object>) (Serializer<?>) new DelegatingByTypeSerializer(made);
    }

    @Bean
    public KafkaTemplate<Object, Object> template() {
      return new KafkaTemplate<>(new DefaultKafkaProducerFactory<>(
          Map.of(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, brokers), byType(), byType()));
    }

    @Bean
    public ConcurrentKafkaListenerContainerFactory<Object, Object> texts(KafkaTemplate<Object, Object> template) {
      var made = factory(new StringDeserializer());
      made.setCommonErrorHandler(recoverer(template));
      return made;
    }

    @Bean
    public ConcurrentKafkaListenerContainerFactory<Object, Object> numbers(KafkaTemplate<Object, Object> template) {
      var made = factory(new IntegerDeserializer());
      made.setCommonErrorHandler(recoverer(template));
      return made;
    }

    @Bean
    public ConcurrentKafkaListenerContainerFactory<Object, Object> retried() {
      return factory(new StringDeserializer());
    }

    @Bean
    public RetryTopicConfiguration retries(KafkaTemplate<Object, Object> template) {
      return RetryTopicConfigurationBuilder.newInstance().fixedBackOff(50L).maxAttempts(3)
          .includeTopic(prefix + ".retried").autoCreateTopicsWith(3, (short) 1)
          .listenerFactory(retried()).create(template);
    }

    @Bean
    public KafkaAdmin admin() {
      return new KafkaAdmin(Map.of(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, brokers));
    }

    @Bean
    public TaskScheduler scheduler() {
      return new ThreadPoolTaskScheduler();
    }

    @Bean
    public Listeners listeners() {
      return new Listeners();
    }
  }

  public static class Listeners {
    @KafkaListener(topics = "${letters.prefix}.plain", groupId = "billing", containerFactory = "texts")
    public void plain(ConsumerRecord<?, ?> record) {
      refuse(record);
    }

    @KafkaListener(topics = "${letters.prefix}.plain-dlt", groupId = "billing-again", containerFactory = "texts")
    public void again(ConsumerRecord<?, ?> record) {
      refuse(record);
    }

    @KafkaListener(topics = "${letters.prefix}.numbers", groupId = "counting", containerFactory = "numbers")
    public void numbers(ConsumerRecord<?, ?> record) {
      refuse(record);
    }

    @KafkaListener(topics = "${letters.prefix}.retried", groupId = "shipping", containerFactory = "retried")
    public void retried(ConsumerRecord<?, ?> record) {
      refuse(record);
    }

    private static void refuse(ConsumerRecord<?, ?> record) {
      // Without a value there is no message either.
      throw new Refused(record.value() == null ? null
          : new IllegalStateException("no room", new java.sql.SQLException("no such customer: 'Zoë'")));
    }
  }
}
