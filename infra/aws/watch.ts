/** Who hears of it: failed jobs by an alarm, and a monthly budget. */
import { Duration } from 'aws-cdk-lib';
import { CfnBudget } from 'aws-cdk-lib/aws-budgets';
import { Alarm, ComparisonOperator, Metric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { Rule } from 'aws-cdk-lib/aws-events';
import { SnsTopic } from 'aws-cdk-lib/aws-events-targets';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type { Construct } from 'constructs';
import type { Jobs } from './jobs.ts';

/** In the currency of the account; ten nights of the fourteen and their storage. */
const monthlyBudget = 50;

export function addWatch(scope: Construct, { jobs, email }: { jobs: Jobs; email: string }): void {
  const topic = new Topic(scope, 'Alarms', { enforceSSL: true });
  topic.addSubscription(new EmailSubscription(email));
  const failed = new Rule(scope, 'FailedJobs', {
    description: 'A job of topfive has failed for good',
    eventPattern: {
      source: ['aws.batch'],
      detailType: ['Batch Job State Change'],
      detail: {
        status: ['FAILED'],
        jobQueue: [jobs.queues.worker.jobQueueArn, jobs.queues.coordinator.jobQueueArn],
      },
    },
    targets: [new SnsTopic(topic)],
  });
  const alarm = new Alarm(scope, 'ManyFailedJobs', {
    alarmDescription: 'Jobs fail again and again: an image that does not start, or a wrong spec',
    metric: new Metric({
      namespace: 'AWS/Events',
      metricName: 'MatchedEvents',
      dimensionsMap: { RuleName: failed.ruleName },
      statistic: 'Sum',
      period: Duration.minutes(15),
    }),
    threshold: 5,
    evaluationPeriods: 1,
    comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
    treatMissingData: TreatMissingData.NOT_BREACHING,
  });
  alarm.addAlarmAction(new SnsAction(topic));
  new CfnBudget(scope, 'Budget', {
    budget: {
      budgetType: 'COST',
      timeUnit: 'MONTHLY',
      budgetLimit: { amount: monthlyBudget, unit: 'USD' },
      costFilters: { TagKeyValue: ['user:project$topfive'] },
    },
    notificationsWithSubscribers: [
      { notificationType: 'ACTUAL', threshold: 80 },
      { notificationType: 'FORECASTED', threshold: 100 },
    ].map((notification) => ({
      notification: {
        ...notification,
        comparisonOperator: 'GREATER_THAN',
        thresholdType: 'PERCENTAGE',
      },
      subscribers: [{ subscriptionType: 'EMAIL', address: email }],
    })),
  });
}
