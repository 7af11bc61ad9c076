#include "formats/certificate.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "core/base64.h"
#include "core/timestamp.h"

namespace fracas::formats {
namespace {

// Made by `openssl req -x509`; the dates are what `openssl x509 -noout -dates` says of them.
constexpr char kBroker[] =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIBqDCCAU+gAwIBAgIUWfM4zDQ7XsYr7CPG9NsOejOLj5kwCgYIKoZIzj0EAwIw\n"
    "KjENMAsGA1UECgwEU2hvcDEZMBcGA1UEAwwQYnJva2VyLTEuZXhhbXBsZTAeFw0y\n"
    "NjExMjIxNTQ4NDJaFw0zNjExMTkxNTQ4NDJaMCoxDTALBgNVBAoMBFNob3AxGTAX\n"
    "BgNVBAMMEGJyb2tlci0xLmV4YW1wbGUwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNC\n"
    "AAQ5yaaLdAPz9w127UD11TgrZNay2wgO8IoowiWpL+cQwWZbY5qMufneURYp7jXU\n"
    "I15FX4OvtA/5O68HI2V7JXOXo1MwUTAdBgNVHQ4EFgQUz/W6HzLPFe8LxzQ+lM4F\n"
    "VUUsx8UwHwYDVR0jBBgwFoAUz/W6HzLPFe8LxzQ+lM4FVUUsx8UwDwYDVR0TAQH/\n"
    "BAUwAwEB/zAKBggqhkjOPQQDAgNHADBEAiA0HYleZb/vkysBgv0tyDuZKzKAehgr\n"
    "nRtsu5r6aXE+4QIgEoK5nUeupHFfiZyFb11gWenb2KakwCkq1tz6DcGC/dU=\n"
    "-----END CERTIFICATE-----\n";
constexpr char kOrganisation[] =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIBlTCCATugAwIBAgIUV5403M2fUJpsVg4WeGyvHVGGTJAwCgYIKoZIzj0EAwIw\n"
    "HzEdMBsGA1UECgwUT25seSBhbiBvcmdhbmlzYXRpb24wIBcNMjYxMTIyMTU0ODQy\n"
    "WhgPMjEyNjEwMjkxNTQ4NDJaMB8xHTAbBgNVBAoMFE9ubHkgYW4gb3JnYW5pc2F0\n"
    "aW9uMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEnlg4I80wsytX7IMXkIN4CiwU\n"
    "qQMSjXgW8Y6bHvvsNgGFf9xXT+5N0D7W8BOu3K6EGGAmMCX7zY0ls8OwNg1mCqNT\n"
    "MFEwHQYDVR0OBBYEFNKtaHEimqhcZcA5FB40JB6tAH4VMB8GA1UdIwQYMBaAFNKt\n"
    "aHEimqhcZcA5FB40JB6tAH4VMA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0EAwID\n"
    "SAAwRQIhALGLaU1y8iVgD1rkR5aILQAU7oFSkXDZQq1v+SrQ4p5IAiBDL75Fljk0\n"
    "xoQIIa022q0OI1N1TfHQFocEzzTBm7O7Xg==\n"
    "-----END CERTIFICATE-----\n";

std::string DerOf(std::string_view pem) {
  std::string text;
  const size_t begin = pem.find('\n') + 1;
  for (const char c : pem.substr(begin, pem.find("-----END") - begin)) {
    if (c != '\n') text.push_back(c);
  }
  std::string der;
  EXPECT_TRUE(DecodeBase64(text, &der));
  return der;
}

TEST(Certificate, DatesAndCommonName) {
  const Result<std::vector<Certificate>> found = ReadCertificates(kBroker);
  ASSERT_TRUE(found.ok()) << found.status().message();
  ASSERT_EQ(found->size(), 1U);
  EXPECT_EQ(found->front().subject, "broker-1.example");
  EXPECT_EQ(FormatTimestamp(found->front().begins_ms), "2026-11-22T15:48:42.000Z");
  EXPECT_EQ(FormatTimestamp(found->front().ends_ms), "2036-11-19T15:48:42.000Z");
}

TEST(Certificate, YearsBeyond2049AndAnotherName) {
  const Result<Certificate> certificate = ReadCertificate(DerOf(kOrganisation));
  ASSERT_TRUE(certificate.ok()) << certificate.status().message();
  EXPECT_EQ(certificate->subject, "Only an organisation");
  EXPECT_EQ(FormatTimestamp(certificate->ends_ms), "2126-10-29T15:48:42.000Z");
}

TEST(Certificate, AFileMayHoldSeveralAndText) {
  const std::string file = "subject=/CN=x\n" + std::string(kBroker) + "\nissuer\n" + kOrganisation;
  const Result<std::vector<Certificate>> found = ReadCertificates(file);
  ASSERT_TRUE(found.ok()) << found.status().message();
  EXPECT_EQ(found->size(), 2U);
}

TEST(Certificate, WhatIsNoneIsSaid) {
  EXPECT_EQ(ReadCertificates("-----BEGIN PRIVATE KEY-----").status().message(),
            "there is no certificate in PEM (-----BEGIN CERTIFICATE-----) in it");
  std::string cut(kBroker);
  cut.resize(cut.size() / 2);
  EXPECT_EQ(ReadCertificates(cut).status().message(),
            "certificate 1 of the file is cut or no base64");
  const std::string text =
      "-----BEGIN CERTIFICATE-----\n" + Base64("not one") + "\n-----END CERTIFICATE-----\n";
  EXPECT_EQ(
      ReadCertificates(text).status().message(),
      "certificate 1 of the file: no X.509 certificate: its outermost sequence is not what it "
      "should be");
}

TEST(Certificate, DatesThatCannotBeAreRefused) {
  std::string der = DerOf(kBroker);
  const size_t month = der.find("2611") + 2;
  ASSERT_NE(month, std::string::npos + 2);
  for (const char* wrong : {"13", "00", "1x"}) {
    std::string changed = der;
    changed.replace(month, 2, wrong);
    EXPECT_EQ(ReadCertificate(changed).status().message(),
              "no X.509 certificate: a date of its validity is not what it should be");
  }
}

// Every cut, and bytes changed at random: an answer, and nothing read beyond the end.
TEST(Certificate, AnyBytesAreReadToTheirEnd) {
  const std::string der = DerOf(kBroker);
  for (size_t size = 0; size < der.size(); ++size) {
    EXPECT_FALSE(ReadCertificate(der.substr(0, size)).ok()) << size;
  }
  std::mt19937 random(20'260'131);
  for (int i = 0; i < 50'000; ++i) {
    std::string changed = der.substr(0, random() % der.size() + 1);
    for (int change = 0; change < 3; ++change) {
      changed[random() % changed.size()] = static_cast<char>(random());
    }
    (void)ReadCertificate(changed).ok();
  }
}

}  // namespace
}  // namespace fracas::formats
